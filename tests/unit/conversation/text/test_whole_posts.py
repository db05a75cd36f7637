"""Long answers with lists, tables, quotes and code: posts read alone, and what fits in one is whole."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text.splitting import chunks, split, split_stream
from tests.unit.conversation.text.documents import Writer, ends_with_heading, faults

SEEDS = st.integers(0, 10**6)
SLACK = 40
"""A block that fits in a post but for so many characters may be cut: that it fits is known only behind it."""


@given(SEEDS, st.sampled_from([600, 2000]))
@settings(max_examples=25, deadline=None)
def test_a_long_answer_arrives_whole_and_every_post_reads_alone(seed: int, limit: int) -> None:
    document = Writer(seed).document(10_000)
    parts = chunks(document.text, limit)
    posts = [part.text for part in parts]
    assert "".join(part.body for part in parts) == document.text
    assert all(len(post) <= limit for post in posts)
    assert [fault for post in posts for fault in faults(post)] == []
    assert not any(ends_with_heading(post) for post in posts[:-1])
    for block in document.wholes:
        assert len(block) > limit - SLACK or any(block.rstrip() in post for post in posts), block
    for row in document.rows:
        assert any(row.rstrip() in post for post in posts)
    for link in set(document.links):
        assert sum(post.count(link) for post in posts) == document.text.count(link)


@given(SEEDS, st.sampled_from([120, 300]))
@settings(max_examples=10, deadline=None)
def test_closed_posts_of_a_long_answer_never_change(seed: int, limit: int) -> None:
    text = Writer(seed).document(2500).text
    final = split(text, limit)
    for end in range(0, len(text), 11):
        so_far = split_stream(text[:end], limit)
        assert so_far[:-1] == final[: max(len(so_far) - 1, 0)]


def test_a_long_answer_is_split_in_no_time() -> None:
    text = Writer(1).document(100_000).text
    assert min(_seconds(text) for _ in range(3)) < 0.15  # 25 ms on an idle core


def _seconds(text: str) -> float:
    start = time.process_time()
    split(text, 2000)
    return time.process_time() - start


def test_the_header_of_a_long_table_stands_above_each_part() -> None:
    head = "| city | people |\n|:--|--:|\n"
    rows = [f"| town number {number} | {number * 1000} |\n" for number in range(30)]
    posts = split(head + "".join(rows) + "\nAfter it.", 300)
    parts = [post for post in posts if "| town" in post]
    assert len(parts) > 2 and all(post.startswith(head) for post in parts)
    assert sum(post.count("| town") for post in posts) == 30
    assert posts[-1].endswith("After it.")


def test_no_header_stands_above_what_follows_a_table() -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 7
    posts = split(table + "\n" + "word " * 30, 100)
    assert posts[0] == table + "\n" and posts[1].startswith("word")


def test_a_table_without_outer_bars_has_its_header_too() -> None:
    posts = split("a | b\n--- | ---\n" + "".join(f"{n} | some words\n" for n in range(20)), 100)
    assert len(posts) > 2 and all(post.startswith("a | b\n--- | ---\n") for post in posts)


def test_a_list_is_cut_between_its_items_and_keeps_its_numbers() -> None:
    items = [f"{number}. {'words ' * 6}\n   - with more\n\n   and more\n" for number in range(1, 12)]
    posts = split("".join(items), 150)
    assert all(post.startswith(("1.", "3.", "5.", "7.", "9.", "11.")) for post in posts)


def test_an_item_that_is_too_long_is_cut_between_the_items_in_it() -> None:
    inner = [f"   - point {number} {'x ' * 12}\n" for number in range(8)]
    posts = split("Intro.\n\n1. All of these:\n" + "".join(inner) + "2. Next.\n", 120)
    assert posts[0] == "Intro.\n\n" and posts[1].startswith("1. All of these:\n   - point 0")
    assert all(post.startswith(("   - point", "Intro", "1. ", "2. ")) for post in posts)


def test_a_quote_goes_on_as_a_quote() -> None:
    posts = split("> " + "quoted words " * 30, 120)
    assert len(posts) > 2 and all(post.startswith("> quoted") for post in posts)


def test_a_quote_of_all_that_follows_goes_on_in_every_post() -> None:
    code = "```py\n" + "".join(f"x = {number}\n" for number in range(60)) + "```\n"
    posts = split("Before.\n\n>>> quoted\n\n" + "more words. " * 20 + "\n" + code + "end", 120)
    assert posts[0].startswith("Before.\n\n>>> quoted") and len(posts) > 4
    assert all(post.startswith(">>> ") for post in posts[1:])
    assert all(post.startswith(">>> \n```py\nx") for post in posts if post.endswith("\n```"))
    assert sum(post.endswith("\n```") for post in posts) > 1
    assert split(">>> " + code, 120)[1].startswith(">>> \n```py\nx")


def test_code_in_a_quote_is_closed_and_opened_in_the_quote() -> None:
    lines = "".join(f"> x = {number}\n" for number in range(40))
    posts = split(f"> ```py\n{lines}> ```\nafter", 120)
    assert all(post.startswith("> ```py\n> x") for post in posts)
    assert all(post.endswith("\n> ```") for post in posts[:-1])


def test_code_that_a_quote_ends_is_not_opened_again() -> None:
    posts = split("> ```py\n> x = 1\n" + "plain words " * 20, 100)
    assert "".join(posts).count("```") == 1


def test_a_fence_inside_a_longer_one_or_another_kind_is_code() -> None:
    text = "~~~md\n````\n```\n" + "line\n" * 30 + "```\n````\n~~~\nend"
    posts = split(text, 100)
    assert all(post.startswith("~~~md\n") for post in posts)
    assert all(post.endswith("\n~~~") for post in posts[:-1])


def test_a_heading_goes_with_what_it_is_the_heading_of() -> None:
    text = "word " * 14 + "\n\n## Title\n\n### Part\n\n- " + "item " * 10
    assert split(text, 100) == ["word " * 14 + "\n\n", "## Title\n\n### Part\n\n- " + "item " * 10]


@pytest.mark.parametrize(
    "whole",
    ["**bold words in a row**", "||a secret that is long||", "~~gone and away~~", "``a ` b c d e``"],
)
def test_emphasis_and_spoilers_are_not_cut(whole: str) -> None:
    posts = split("words " * 14 + whole + " words" * 10, 100)
    assert any(whole in post for post in posts)


def test_a_stray_mark_shortens_no_post_by_much() -> None:
    assert len(split("one *two " + "words " * 40, 200)[0]) > 150


def test_no_word_becomes_a_list_or_a_heading_at_the_start_of_a_post() -> None:
    for mark in ("- ", "# ", "> ", "12. ", "+ "):
        for lead in range(60, 100):
            post = split("w" * lead + " word " + mark + "rest " * 30, 100)[1]
            assert not post.startswith(mark)
