"""Typed commands: every way of giving an option, and errors that show how."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.commands import (
    check_options,
    command_in,
    command_menu,
    commands_table,
    in_zone,
    parse_command,
)
from bot.conversation.tasks import TASKS, task_by_name
from bot.errors import CommandError
from bot.messages import Command


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("/translate to:fr Hello there", "translate", {"to": "fr", "text": "Hello there"}),
        ("/translate fr Hello", "translate", {"text": "fr Hello"}),
        ("/translate --to fr Hello", "translate", {"to": "fr", "text": "Hello"}),
        ("/translate --to=fr --from en Hello", "translate", {"to": "fr", "from": "en", "text": "Hello"}),
        (
            '/translate to:"Brazilian Portuguese" hi',
            "translate",
            {"to": "Brazilian Portuguese", "text": "hi"},
        ),
        ("/translate TO: fr Note: keep\n this ", "translate", {"to": "fr", "text": "Note: keep\n this"}),
        ("/translate https://example.org is down", "translate", {"text": "https://example.org is down"}),
        ('/translate text:"to:fr"', "translate", {"text": "to:fr"}),
        ("/summarize last:50 style:BULLETS", "summarize", {"last": "50", "style": "bullets"}),
        ("/summarize since:9:00", "summarize", {"since": "9:00"}),
        ("  /HELP", "help", {}),
        ("/help /summarize", "help", {"command": "/summarize"}),
        ("/help command:write", "help", {"command": "write"}),
        ("/ask why?", "ask", {"question": "why?"}),
        (
            "/write max_length:50 Once upon a time",
            "write",
            {"max_length": "50", "prompt": "Once upon a time"},
        ),
    ],
)
def test_options_are_read(text: str, name: str, options: dict[str, str]) -> None:
    assert parse_command(text) == Command(name, options)


@pytest.mark.parametrize("text", ["hello", "/usr/bin is a folder", "/", "/ help", "a /help", "", "//help"])
def test_what_is_no_command_stays_a_message(text: str) -> None:
    assert parse_command(text) is None


@pytest.mark.parametrize("text", ["/usr/bin is full", "`/nosuch`", "hello", "so /nosuch"])
def test_behind_the_name_a_message_stays_a_message(text: str) -> None:
    assert command_in(text) is None


def test_of_a_command_that_there_is_not_help_tells() -> None:
    assert command_in("/nosuch thing") == Command("help", {"command": "nosuch"}, given="said")


def test_commands_are_meant_in_the_zone_of_who_gives_them() -> None:
    now = datetime(2026, 11, 24, 1, 0, tzinfo=ZoneInfo("Asia/Tokyo"))

    def meant(line: str, at: datetime = now) -> dict[str, str]:
        command = parse_command(line)
        assert command is not None
        return dict(in_zone(command, at).options)

    assert meant("/digest weekdays 9:00")["zone"] == "Asia/Tokyo"
    assert meant("/digest zone:Berlin weekdays 9:00")["zone"] == "Berlin"
    assert meant("/digest") == {} and "zone" not in meant("/digest weekdays 9:00", now.astimezone(UTC))
    assert meant("/summarize since yesterday") == {"since": "2026-11-23 00:00+09:00"}
    assert meant("/summarize since 20.11.") == {"since": "2026-11-20 00:00+09:00"}


@pytest.mark.parametrize("typed", ["help", " --help", "?", "Hilfe", "ヘルプ"])
def test_help_behind_a_command_explains_it(typed: str) -> None:
    assert parse_command(f"/summarize {typed}") == Command("help", {"command": "summarize"})
    if typed != " --help":
        assert parse_command(f"/ask {typed}") == Command("ask", {"question": typed})


@pytest.mark.parametrize("typed", ["last “50”", "last:“50”", "last:”50”", "last:‘50’", "“50”", 'last "50"'])
def test_quotes_of_all_kinds_are_quotes(typed: str) -> None:
    assert parse_command(f"/summarize {typed}") == Command("summarize", {"last": "50"})


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("since:20.11.", {"since": "20.11."}),
        ('since:"Nov 20"', {"since": "20.11."}),
        ("since:20/11", {"since": "20.11."}),
        ("since:3/4", {"since": "3/4"}),
        ('since:"soon or later"', {"since": "soon or later"}),
    ],
)
def test_points_in_time_are_read_alike_as_options(text: str, options: dict[str, str]) -> None:
    assert parse_command(f"/summarize {text}") == Command("summarize", options)


@pytest.mark.parametrize(
    ("text", "problem", "example"),
    [
        ("/sumarize", "do not know the command", "/summarize last:50"),
        ("/qqqq", "do not know the command", "/help"),
        ("/summarize style:long", "one of brief, bullets", "/summarize last:50"),
        ("/summarize lots", "do not understand", "/summarize last:50"),
        ("/summarize until noon", "understand `until noon`", "/summarize since:9:00"),
        ("/summarize vom 21.11. bis 22.11.", "understand `bis 22.11.`", "/summarize since:9:00"),
        ("/summarize last -5", "`last` is a number from 1", "/summarize last:50"),
        ("/summarize last 99999999999", "`last` is a number from 1", "/summarize last:50"),
        ("/summarize last 50 lemons", "understand `lemons`", "/summarize last:50"),
        ("/summarize size:3", "no option `size`", "/summarize last:50"),
        ("/summarize last:", "needs a value", "/summarize last:50"),
        ("/translate --into fr x", "no option `into`", "/translate to:fr"),
        ("/write", "what to write about. For example: `", "/write Once upon a time"),
        ("/chat hello", "do not know the command", "/help"),
    ],
)
def test_misuse_is_answered_with_an_example(text: str, problem: str, example: str) -> None:
    with pytest.raises(CommandError) as raised:
        parse_command(text)
    assert problem in raised.value.user_message and example in raised.value.user_message


@given(st.text(max_size=200))
def test_any_text_is_a_command_a_message_or_a_clear_error(text: str) -> None:
    try:
        parse_command(f"/translate {text}")
    except CommandError as error:
        assert error.user_message


def test_options_of_platforms_are_checked_by_the_same_rules() -> None:
    task = task_by_name("summarize")
    assert task is not None
    assert check_options(task, {"last": " 5 ", "since": ""}) == {"last": "5"}
    with pytest.raises(CommandError):
        check_options(task, {"first": "5"})


def test_all_mistakes_of_a_command_are_told_at_once() -> None:
    with pytest.raises(CommandError) as wrong:
        parse_command("/settings speak:shout flags:maybe wake-words: volume:loud")
    told = wrong.value.user_message
    assert "`speak` is one of" in told and "`flags` is one of" in told and told.count("For example") == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://home.slack.com/archives/C0GENERAL/p1700000000123456",
        "<https://home.slack.com/archives/C0GENERAL/p1700000000123456?thread_ts=1700000000.000001&cid=C0GENERAL>",
        "https://discord.com/channels/1/2/3",
    ],
)
def test_a_text_that_is_but_the_link_of_a_message_is_the_message(link: str) -> None:
    for name in ("explain", "translate", "reply"):
        command = parse_command(f"/{name} {link}")
        assert command is not None and command.options == {"message": link}
        told = parse_command(f"/{name} look at {link}")
        assert told is not None and told.options == {"text": f"look at {link}"}
    asked = parse_command(f"/ask {link}")
    assert asked is not None and "message" not in asked.options
    page = parse_command("/explain https://example.org/archives/about")
    assert page is not None and "text" in page.options


def test_every_command_is_in_the_menu_and_the_table_and_its_example_works() -> None:
    names = {entry["name"] for entry in command_menu()}
    assert names == {task.name for task in TASKS if task.is_command}
    assert names >= {"ask", "search", "summarize", "translate", "write", "remember", "help", "reset"}
    for task in TASKS:
        if task.is_command:
            assert f"| `/{task.name}` |" in commands_table()
            command = parse_command(task.example)
            assert command is not None and command.name == task.name
