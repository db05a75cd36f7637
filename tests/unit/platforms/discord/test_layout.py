"""Posts as Discord is sent them, and which of them has which buttons."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation.reply import Reply
from bot.messages import Author, Command, ConversationKey, File, IncomingMessage
from bot.platforms.discord.layout import BUTTONS_A_ROW, changed_body, new_body, sent
from bot.platforms.layout import EMOJI, LABELS, Layout, Post
from bot.storage.records import Job

KEY = ConversationKey("discord", "200", "201")
QUESTION = IncomingMessage(
    KEY, "1", "message:1", Author("5", "Ann"), "hello", datetime(2026, 1, 1, tzinfo=UTC), is_addressed=True
)


def reply_to(question: IncomingMessage = QUESTION, posts: tuple[str, ...] = ()) -> Reply:
    reply = Reply(Job(1, KEY, (question,), posts, None, 1))
    reply.is_answer = True
    return reply


def test_a_new_post_is_components_that_mention_nobody() -> None:
    body = new_body(Post("hello", buttons=("stop",)))
    assert "content" not in body and body["allowed_mentions"] == {"parse": []}
    assert body["flags"] == 1 << 15 | 1 << 2
    text, row = body["components"]
    assert text == {"type": 10, "content": "hello"}
    assert [button["custom_id"] for button in row["components"]] == ["parley:stop"]


def test_bare_text_stays_bare_and_becomes_components_where_that_is_asked_for() -> None:
    assert changed_body(Post("hello", is_plain=True), None)["content"] == "hello"
    assert changed_body(Post("hello"), None)["content"] is None, "Discord refuses text beside components"
    assert "content" not in changed_body(Post("hello"), Post("hell"))


def test_a_file_is_sent_with_its_post_and_goes_when_the_post_is_without_it() -> None:
    post = Post("see", File("a.py", "x = 1"))
    body = new_body(post)
    assert body["components"][1]["file"]["url"] == "attachment://a.py"
    payload, upload = sent(post, body)["form"]
    assert json.loads(payload["value"]) == body
    assert (upload["name"], upload["filename"], upload["value"]) == ("files[0]", "a.py", b"x = 1")
    assert changed_body(Post("see"), post)["attachments"] == []
    assert "attachments" not in changed_body(Post("see"), Post("so"))


def test_many_buttons_are_in_rows_as_long_as_discord_takes() -> None:
    rows = new_body(Post("hello", buttons=tuple(EMOJI)))["components"][1:]
    lengths = [len(row["components"]) for row in rows]
    assert sum(lengths) == len(EMOJI) and max(lengths) <= BUTTONS_A_ROW


@pytest.mark.parametrize("language", [*LABELS, "xx", ""])
def test_every_button_has_an_emoji_and_a_word_or_is_a_thumb(language: str) -> None:
    assert all(labels.keys() == LABELS["en"].keys() for labels in LABELS.values())
    for row in new_body(Post("hello", buttons=tuple(EMOJI), language=language))["components"][1:]:
        for button in row["components"]:
            assert button["emoji"]["name"] and ("label" in button) == (button["emoji"]["name"] not in "👍👎")


def test_only_the_last_post_has_buttons_and_a_whole_answer_has_the_final_ones() -> None:
    reply = reply_to()
    layout = Layout(reply)
    first = layout.of("one", None)
    assert first.buttons == ("stop",)
    layout.shown("11", first)
    reply.parts = 3
    layout.shown("12", layout.of("two", None))
    assert layout.look_of("12") == Post("two", buttons=("stop",)), "though a third one is to follow"
    reply.parts = 2
    assert [(key, post.buttons) for key, post in layout.outdated(is_over=False)] == [("11", ())]
    assert layout.of("one", None, "11").buttons == ()
    reply.is_written = True
    assert layout.of("two", None, "12").buttons == ("regenerate", "translate", "good", "bad")
    assert [key for key, _ in layout.outdated(is_over=True)] == ["11", "12"]


def test_what_is_only_corrected_is_never_to_be_stopped() -> None:
    reply = Reply(Job(1, KEY, (QUESTION,), ("11", "12"), "one two", 1, begun="one two"))
    reply.is_answer, reply.parts = True, 2
    layout = Layout(reply)
    assert layout.of("one", None, "11").buttons == ()
    assert layout.of("two", None, "12").buttons == ("regenerate", "translate", "good", "bad")


def test_what_takes_the_place_of_a_deleted_post_stands_where_that_stood() -> None:
    reply = reply_to(posts=("11", "12"))
    reply.parts = 2
    layout = Layout(reply)
    layout.gone("11")
    assert layout.of("one", None).buttons == ()
    layout.shown("13", layout.of("one", None))
    assert layout.posts == ["13", "12"]


def test_buttons_say_what_can_be_done() -> None:
    command = Command("ask", {}, language="ja")
    reply = reply_to(replace(QUESTION, command=command))
    reply.is_written = reply.can_continue = reply.can_be_shared = True
    reply.finish_reason = "length"
    post = Layout(reply, is_shareable=True).of("much", None)
    assert post.buttons == ("regenerate", "continue", "translate", "share", "good", "bad")
    assert post.language == "ja"
    reply.is_from_elsewhere = True
    assert Layout(reply, is_shareable=True).of("much", None).buttons == ("good", "bad")
    reply.is_notice = True
    assert Layout(reply).of("much", None).buttons == ()


def test_what_no_model_made_can_only_be_shared() -> None:
    reply = reply_to()
    reply.is_answer, reply.can_be_shared = False, True
    assert Layout(reply, is_shareable=True).of("found", None).buttons == ()
    reply.is_written = True
    assert Layout(reply, is_shareable=True).of("found", None).buttons == ("share",)
    assert Layout(reply).of("found", None).buttons == (), "everybody sees it already"
    reply.is_from_elsewhere = True
    assert Layout(reply, is_shareable=True).of("found", None).buttons == ()
