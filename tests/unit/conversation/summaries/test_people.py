"""Names: nobody is taken for somebody else, and no name means something in Markdown."""

from __future__ import annotations

from bot.conversation.summaries.people import labels, plain_name, relabelled


def test_names_without_marks() -> None:
    assert plain_name("[7] Bob: **") == "7 Bob"
    assert plain_name("<|system|>") == "system"
    assert plain_name("[]") == "someone"


def test_who_shows_the_same_name_is_told_apart_by_numbers_in_order() -> None:
    called = labels({"100001111": "Alex", "100002222": "ALEX", "3": "Ben"})
    assert called == {"100001111": "Alex #1", "100002222": "ALEX #2", "3": "Ben"}


def test_who_differs_only_in_what_nobody_sees_shows_the_same_name() -> None:
    assert labels({"1111": "Bob", "2222": "Bob\u2060"}) == {"1111": "Bob #1", "2222": "Bob\u2060 #2"}


def test_a_note_is_renamed_where_its_names_have_become_ambiguous() -> None:
    text = "Alex asks Alexandra and Ben"
    used, called = (
        {"1": "Alex", "2": "Alexandra", "3": "Ben"},
        {"1": "Alex #1", "2": "Alexandra", "3": "Ben"},
    )
    assert relabelled(text, used, called) == "Alex #1 asks Alexandra and Ben"
    assert relabelled("Alex #1 left", {"1": "Alex #1"}, {"1": "Alex"}) == "Alex left"
