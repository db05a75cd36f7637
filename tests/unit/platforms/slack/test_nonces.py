"""The nonces of posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.reply import Reply
from bot.messages import Author, ConversationKey, IncomingMessage
from bot.platforms.slack.nonces import nonce_for
from bot.storage.records import Job

KEY = ConversationKey("slack", "T1", "C1")
QUESTION = IncomingMessage(
    KEY, "1.000001", "Ev1", Author("U1", "Ann"), "why?", datetime(2026, 1, 1, tzinfo=UTC), is_addressed=True
)


def reply(question: IncomingMessage = QUESTION, reply_id: int = 1) -> Reply:
    return Reply(Job(reply_id, KEY, (question,), (), None, 1))


def test_a_nonce_is_the_same_after_a_restart() -> None:
    assert nonce_for(reply(), "1-0") == nonce_for(reply(), "1-0")


def test_parts_questions_and_edited_questions_have_nonces_of_their_own() -> None:
    nonces = [
        nonce_for(reply(), "1-0"),
        nonce_for(reply(), "1-1"),
        nonce_for(reply(replace(QUESTION, text="why not?")), "1-0"),
        nonce_for(reply(replace(QUESTION, event_id="Ev2")), "1-0"),
    ]
    assert len(set(nonces)) == len(nonces)


def test_any_text_makes_a_nonce() -> None:
    assert nonce_for(reply(replace(QUESTION, text="\ud800")), "1-0")
