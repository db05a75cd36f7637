"""How posts look on Slack, and which button of one was pressed."""

from __future__ import annotations

import pytest

from bot.platforms.layout import LABELS, Action, Post
from bot.platforms.slack.layout import JUDGE, body_of, button_blocks, pressed, simple_body_of
from tests.integration.slack import contract
from tests.unit.platforms.slack.payloads import Payload, buttons_of, label_of, text_of

FINISHED: tuple[Action, ...] = ("regenerate", "continue", "translate", "share", "good", "bad")


def problems(post: Post, about: str = "") -> list[str]:
    return [
        problem
        for make in (body_of, simple_body_of)
        for problem in contract.message_problems(make(post, about))
    ]


def test_an_answer_is_markdown_with_its_buttons_and_a_text_for_notifications() -> None:
    post = Post("**Hi**\n\n| a | b |\n|---|---|\n| 1 | 2 |", buttons=FINISHED)
    body: Payload = body_of(post)
    assert [block["type"] for block in body["blocks"]] == ["markdown", "actions", "context_actions"]
    assert body["text"].startswith("*Hi*") and body["blocks"][0]["text"] == post.text
    assert list(buttons_of(body)) == [
        "parley:regenerate",
        "parley:continue",
        "parley:translate",
        "parley:share",
        JUDGE,
    ]
    assert problems(post) == []


@pytest.mark.parametrize("language", LABELS)
def test_buttons_are_in_the_language_of_who_asked(language: str) -> None:
    post = Post("Hi", buttons=FINISHED, language=language)
    labels = [label_of(button) for button in buttons_of(body_of(post)).values()][:4]
    assert labels == [LABELS[language][action] for action in FINISHED[:4]]
    assert problems(post) == []


def test_stop_looks_dangerous_and_a_plain_post_has_no_blocks() -> None:
    (block,) = button_blocks(Post("Hi", buttons=("stop",)))
    assert block["elements"][0]["style"] == "danger"  # type: ignore[index]
    assert body_of(Post("Hi **you**", is_plain=True)) == {"text": "Hi *you*", "blocks": []}
    assert button_blocks(Post("Hi")) == []


@pytest.mark.parametrize("about", ["", "command-1.2.x/7-0"])
@pytest.mark.parametrize("action", ["stop", "share", "good", "bad"])
def test_a_press_tells_its_button_and_what_it_is_about(action: Action, about: str) -> None:
    post = Post("Hi", buttons=("good", "bad") if action in ("good", "bad") else (action,))
    (element,) = buttons_of(body_of(post, about)).values()
    if action in ("good", "bad"):
        side = element["positive_button" if action == "good" else "negative_button"]
        told = {"type": "feedback_buttons", "action_id": element["action_id"], "value": side["value"]}
        assert about or side["value"] == action
    else:
        told = element
    assert pressed(told) == (action, about)


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": "other"},
        {"action_id": JUDGE, "value": "great"},
        {"action_id": JUDGE},
        {"action_id": 7},
    ],
)
def test_what_is_no_button_of_ours_is_none(action: Payload) -> None:
    assert pressed(action) == ("", "")


def test_the_largest_post_fits_in_either_dress() -> None:
    for text in ("word " * 2200, "&" * 11_000, "<!a> " * 2200, "```\n" + "a < b\n" * 1830 + "```"):
        post = Post(text[:11_000], buttons=FINISHED)
        assert problems(post, "command-1.2.x/7-0") == []
        assert len(text_of(body_of(post))) >= 11_000 or len(text) < 11_000


def test_ids_are_the_same_each_time() -> None:
    post = Post("Hi", buttons=FINISHED)
    assert body_of(post) == body_of(Post("Hi", buttons=FINISHED))
