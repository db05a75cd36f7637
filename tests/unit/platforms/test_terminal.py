"""The terminal's pure parts and its sink: what is typed, and what is shown."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.platforms.terminal import KEY, TerminalSink, printable, to_incoming

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Screen(io.StringIO):
    """An output that says it is a screen."""

    def isatty(self) -> bool:
        return True


def sink(out: io.StringIO) -> TerminalSink:
    return TerminalSink(out, on_finish=lambda: None, on_gone=lambda: None)


def test_a_line_is_an_addressed_message() -> None:
    message = to_incoming("hello", "id-1", NOW)
    assert (message.conversation, message.message_id, message.text) == (KEY, "id-1", "hello")
    assert message.is_addressed
    assert message.command is None


def test_a_command_is_taken_apart_and_a_wrong_one_refused() -> None:
    command = to_incoming("/translate to:fr Good morning", "id-1", NOW).command
    assert command is not None
    assert (command.name, dict(command.options)) == ("translate", {"to": "fr", "text": "Good morning"})
    with pytest.raises(CommandError):
        to_incoming("/nosuch", "id-2", NOW)


def test_control_sequences_do_not_reach_the_screen() -> None:
    assert printable("a\x1b]0;title\x07b\x9b2Jc\r\td\n\ud800é🙂") == "a]0;titleb2Jc\td\né🙂"


@given(st.text())
def test_printable_text_is_the_text_without_some_characters(text: str) -> None:
    shown = printable(text)
    assert not {"\x1b", "\r", "\x9b", "\x00"} & set(shown)
    assert printable(shown) == shown


async def test_edits_print_only_what_is_new() -> None:
    out = io.StringIO()
    shown = sink(out)
    message_id = await shown.post("Once", "n-0")
    await shown.edit(message_id, "Once upon")
    await shown.edit(message_id, "Once upon a time")
    await shown.finish("finished")
    assert out.getvalue() == "Once upon a time\n"


async def test_a_changed_text_is_printed_again_and_a_stop_is_marked() -> None:
    out = io.StringIO()
    shown = sink(out)
    message_id = await shown.post("Once", "n-0")
    await shown.edit(message_id, "Twice")
    await shown.finish("stopped")
    assert out.getvalue() == "Once\nTwice [stopped]\n"


async def test_status_shows_on_a_screen_only_and_goes_with_the_first_word() -> None:
    piped, screen = io.StringIO(), Screen()
    for out in (piped, screen):
        shown = sink(out)
        await shown.status("loading")
        await shown.post("Hi", "n-0")
    assert piped.getvalue() == "Hi"
    assert screen.getvalue() == "\r... loading\r" + " " * len("... loading") + "\rHi"


async def test_what_goes_on_prints_only_what_follows() -> None:
    out = io.StringIO()
    shown = TerminalSink(out, on_finish=lambda: None, on_gone=lambda: None, shown={"n-0": "1 2"})
    await shown.edit("n-0", "1 2")
    await shown.edit("n-0", "1 2 3")
    await shown.finish("finished")
    assert out.getvalue() == " 3\n"


async def test_what_is_taken_back_leaves_no_line() -> None:
    out = io.StringIO()
    shown = sink(out)
    await shown.delete("n-0")
    await shown.finish("withdrawn")
    assert out.getvalue() == ""


def test_who_types_here_may_change_what_holds_here() -> None:
    command = to_incoming("/bridge to:fr", "id-1", NOW).command
    assert command is not None
    assert command.by_manager
