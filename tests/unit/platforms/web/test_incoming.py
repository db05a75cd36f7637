from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation.rules import USUAL, Rules
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.web.incoming import is_for_bot, is_mentioned, to_incoming, to_note, with_prefix
from bot.platforms.web.notes import Note

NOTE = Note("m-1", "general", None, "alice", "Alice", "hi", 1_763_000_000_500)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Parley hi", True),
        ("hi @parley!", True),
        ("(@PARLEY)", True),
        ("@Parleys", False),
        ("me@Parley.example", False),
        ("@@Parley", False),
        ("Parley", False),
        ("@ Parley", False),
    ],
)
def test_mentions(text, expected):
    assert is_mentioned(text, "Parley") is expected


def test_a_bot_name_with_signs_is_found_as_it_is_written():
    assert is_mentioned("hi @C++ bot", "C++ bot")
    assert not is_mentioned("hi @Cxx bot", "C++ bot")


def asked(
    note: Note,
    rules: Rules = USUAL,
    *,
    is_direct: bool = False,
    answers_bot: bool = False,
    is_bot_in_thread: bool = False,
) -> bool:
    """Whether the bot is to answer a note about which nothing more is known than what is said here."""
    return is_for_bot(
        note,
        "Parley",
        is_direct=is_direct,
        answers_bot=answers_bot,
        is_bot_in_thread=is_bot_in_thread,
        rules=rules,
    )


def test_who_is_meant():
    assert not asked(NOTE)
    assert asked(NOTE, is_direct=True)
    assert asked(NOTE, answers_bot=True)
    assert asked(NOTE, is_bot_in_thread=True)
    assert asked(replace(NOTE, is_command=True))
    assert asked(replace(NOTE, text="hello @Parley"))


def test_who_is_meant_by_the_rules_of_a_channel():
    assert asked(NOTE, Rules("always")) and not asked(replace(NOTE, reply_to="m-0"), Rules("always"))
    assert asked(replace(NOTE, reply_to="m-0"), Rules("always"), answers_bot=True)
    off = Rules("off")
    assert not asked(replace(NOTE, text="@Parley hi"), off) and not asked(NOTE, off, is_bot_in_thread=True)
    assert asked(NOTE, off, is_direct=True) and asked(replace(NOTE, is_command=True), off)
    words = Rules(wake_words=("hi",))
    assert asked(NOTE, words) and not asked(replace(NOTE, text="history"), words)


def test_a_message_of_the_board_as_the_bot_is_told_of_it():
    note = replace(NOTE, thread="m-0", reply_to="m-0", is_addressed=True)
    assert to_incoming(note, Command("help")) == IncomingMessage(
        conversation=ConversationKey("web", "local", "general", "m-0"),
        message_id="m-1",
        event_id="web-m-1",
        author=Author("alice", "Alice"),
        text="hi",
        sent_at=datetime.fromtimestamp(1_763_000_000.5, UTC),
        is_addressed=True,
        command=Command("help"),
        reply_to="m-0",
    )


def test_imported_messages_get_ids_of_their_channel_and_keep_what_they_reply_to():
    first = to_incoming(NOTE)
    second = replace(first, message_id="m-2", reply_to="m-1")
    one, two = (to_note(with_prefix(message, "log-7")) for message in (first, second))
    assert (one.channel, one.text, one.sent_ms) == ("log-7", "hi", NOTE.sent_ms)
    assert one.id != first.message_id
    assert two.reply_to == one.id
