"""Nonces: short, and the same only for the same part of the answer to the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.reply import Reply
from bot.messages import Author, ConversationKey, IncomingMessage
from bot.platforms.discord.sink import nonce_for
from bot.storage.records import Job

KEY = ConversationKey("discord", "200", "201")
QUESTION = IncomingMessage(
    KEY, "1", "message:1", Author("5", "Ann"), "hello", datetime(2026, 1, 1, tzinfo=UTC), is_addressed=True
)


def reply(*questions: IncomingMessage, attempt: int = 1, variation: int = 0) -> Reply:
    return Reply(Job(1, KEY, questions, (), None, attempt, variation))


def test_a_nonce_is_short_and_stays_after_a_restart() -> None:
    nonce = nonce_for(reply(QUESTION), "1-0")
    assert len(nonce) <= 25
    assert nonce == nonce_for(reply(QUESTION, attempt=2), "1-0")


def test_other_parts_questions_and_words_have_other_nonces() -> None:
    edited = replace(QUESTION, text="hello \ud800")
    other = replace(QUESTION, message_id="2", event_id="message:2")
    replies = [reply(QUESTION), reply(edited), reply(other), reply(QUESTION, other)]
    nonces = {nonce_for(each, part) for each in replies for part in ("1-0", "1-1")}
    assert len(nonces) == 8
    assert nonce_for(reply(QUESTION, variation=1), "1-0") not in nonces, "Discord answers with what is gone"
