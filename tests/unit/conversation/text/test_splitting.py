"""Splitting: limits, fences, links and rows hold for every text, and closed posts never change."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text import splitting
from bot.conversation.text.splitting import chunks, split, split_stream

PIECES = st.sampled_from(
    [
        *(
            "```",
            "```python\n",
            "\n```\n",
            "~~~",
            "\n",
            "\n\n",
            "word ",
            "A sentence. ",
            "`code`",
            "[",
            "](",
            "<",
            "|",
        ),
        *("[label](https://example.org/a)", "| a | b |\n", "https://example.org/x", "#", "x" * 60, "漢字。"),
        *("👩‍👩‍👧", "🇫🇷🇩🇪", "e\u0301", "\ud800", "\u202e", "def f():\n    return 1\n"),
    ]
)
TEXTS = st.lists(PIECES, max_size=120).map("".join)
LIMITS = st.sampled_from([100, 137, 400])


def is_balanced(post: str) -> bool:
    """An independent reading of the fences of one post, line by line."""
    open_marks = ""
    for line in post.split("\n"):
        match = regex.match(r"[ \t]*(`{3,16}(?!`)|~{3,16}(?!~))([^`]*)$", line)
        if match is None:
            continue
        if not open_marks:
            open_marks = match[1]
        elif match[1].startswith(open_marks) and not match[2].strip():
            open_marks = ""
    return not open_marks


@given(TEXTS, LIMITS)
@settings(max_examples=300, deadline=None)
def test_every_post_fits_and_is_balanced_and_the_bodies_are_the_text(text: str, limit: int) -> None:
    parts = chunks(text, limit)
    assert "".join(part.body for part in parts) == text
    for part in parts:
        assert 0 < len(part.text) <= limit
        assert is_balanced(part.text)


@given(TEXTS, LIMITS)
@settings(max_examples=150, deadline=None)
def test_closed_posts_never_change_as_text_grows(text: str, limit: int) -> None:
    final = split(text, limit)
    for end in range(0, len(text), 7):
        so_far = split_stream(text[:end], limit)
        assert so_far[:-1] == final[: max(len(so_far) - 1, 0)]


@given(
    st.lists(
        st.sampled_from(["👩‍👩‍👧", "🇫🇷", "e\u0301\u0323", "👍🏽", "한", "a", "1\ufe0f\u20e3"]), max_size=200
    ).map("".join)
)
@settings(max_examples=100, deadline=None)
def test_no_cut_falls_inside_a_visible_character(text: str) -> None:
    edges, at = {0}, 0
    for cluster in regex.findall(r"\X", text):
        at += len(cluster)
        edges.add(at)
    at = 0
    for part in chunks(text, 100):
        at += len(part.body)
        assert at in edges


@given(
    st.lists(
        st.sampled_from(
            ["some words ", "[a label](https://example.org/page?x=1) ", "more. ", "https://example.org/path "]
        )
    )
)
@settings(max_examples=100, deadline=None)
def test_links_are_never_broken(pieces: list[str]) -> None:
    text = "".join(pieces)
    posts = split(text, 120)
    for mark in ("[a label](https://example.org/page?x=1)", "https://example.org/path"):
        assert sum(post.count(mark) for post in posts) == text.count(mark)


def test_table_rows_stay_whole() -> None:
    rows = [f"| {number} | {'cell ' * 8}|\n" for number in range(40)]
    posts = split("Before.\n\n" + "".join(rows), 300)
    assert all(any(row in post for post in posts) for row in rows)


def test_a_code_block_is_closed_and_opened_again_with_its_info_string() -> None:
    code = "".join(f"line_{number} = {number}\n" for number in range(30))
    posts = split(f"Look:\n```python\n{code}```\nDone.", 200)
    assert len(posts) > 2
    assert all(post.startswith("```python\n") for post in posts[1:])
    assert posts[0] == "Look:\n"
    assert all(post.endswith("\n```") for post in posts[1:-1]) and posts[-1].endswith("```\nDone.")


def test_paragraphs_are_preferred_to_lines_and_lines_to_words() -> None:
    assert split("a" * 60 + "\n\n" + "b" * 20 + "\n" + "c" * 60, 100) == [
        "a" * 60 + "\n\n",
        "b" * 20 + "\n" + "c" * 60,
    ]
    assert split("a" * 60 + "\n" + "b c " * 20, 100)[0] == "a" * 60 + "\n"
    assert split("word " * 30, 100)[0] == "word " * 20


def test_blank_posts_are_never_given() -> None:
    assert split("\n" * 500, 100) == []
    assert all(not post.isspace() for post in split("a" + "\n" * 500 + "b", 100))


def test_a_limit_too_small_for_fences_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        split("text", splitting.MIN_LIMIT - 1)
