"""Slack's markup as people see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.markup import labels_in, mentioned, readable, to_markdown, without_call


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@U1> hi", "@Ann hi"),
        ("<@U2> and <@U3|carl>", "@someone and @carl"),
        ("<#C1|general> <#C2>", "#general #some-channel"),
        ("<!here> <!channel|channel> <!subteam^S1|@team>", "@here channel @team"),
        ("<!date^1392734382^{date}|yesterday>", "yesterday"),
        ("<https://a.org/x?a=1&amp;b=2>", "https://a.org/x?a=1&b=2"),
        ("<https://a.org|the site>", "the site (https://a.org)"),
        ("<http://a.org|a.org>", "http://a.org"),
        ("<mailto:ann@a.org|ann@a.org>", "ann@a.org"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt;", "1 < 2 && 3 > 2, &lt;"),
        ("a < b, <3, <>", "a < b, <3, <>"),
    ],
)
def test_markup_becomes_words(text: str, expected: str) -> None:
    assert readable(text, {"U1": "Ann"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@W1> hello", "hello"),
        ("  <@W1|parley>: hello <@W1>", "hello"),
        ("hello, ask <@W1> now", "hello, ask <@W1> now"),
        ("<@W12> hello", "<@W12> hello"),
        ("<@W1>", ""),
    ],
)
def test_the_call_is_taken_off(text: str, expected: str) -> None:
    assert without_call(text, "W1") == expected


def test_mentioned_people_are_found() -> None:
    assert mentioned("<@U1> <@W2|x> <#C3> <!here> @U4") == {"U1", "W2"}


@given(st.text(alphabet="<>@#!|&;UCWhtps:/.a1*~`^ \n", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    readable(text, {})
    to_markdown(text, {})
    without_call(text, "U1")


def test_channels_are_named_or_kept() -> None:
    assert readable("see <#C1|plans>", {}) == "see #plans"
    assert (
        readable("see <#C1|plans> &amp; <@U1>", {"U1": "Ann"}, keeps_channels=True)
        == "see <#C1|plans> & @Ann"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*so* _it_ ~was~ *twice*", "**so** _it_ ~~was~~ **twice**"),
        ("2 * 3 * 4, a*b*c, * x *", "2 * 3 * 4, a*b*c, * x *"),
        ("*<https://a.org|the site>*", "**[the site](https://a.org)**"),
        ("<https://a.org|a.org> <mailto:ann@a.org|ann@a.org>", "https://a.org ann@a.org"),
        ("`*so* &lt;b&gt;` *so*", "`*so* <b>` **so**"),
        ("look: ```*a* &amp;\n<http://a.org|a.org>``` *b*", "look: \n```\n*a* &\na.org\n```\n **b**"),
        ("&gt; quoted\n• item", "> quoted\n• item"),
        ("*open `x* y`", "*open `x* y`"),
        ("<!date^1392734382^{date_num}> <!here>", "2014-02-18 14:39 UTC @here"),
    ],
)
def test_markup_becomes_markdown(text: str, expected: str) -> None:
    assert to_markdown(text, {"U1": "Ann"}) == expected


def test_labels_name_channels_and_groups() -> None:
    assert labels_in("<#C1|general> <!subteam^S1|@team> <#C2> <#C3|>") == {"C1": "general", "S1": "@team"}
