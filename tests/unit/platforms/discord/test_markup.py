"""Discord's markup becomes words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.markup import Names, readable, without_call

NAMES = Names({5: "Ann"}, {6: "Team"}, {7: "general"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<@5>, <@!5> and <@9>", "@Ann, @Ann and @somebody"),
        ("<@&6> <@&9>", "@Team @some-role"),
        ("<#7> <#9>", "#general #some-channel"),
        ("<:wave:1> <a:dance:2>", ":wave: :dance:"),
        ("</write story:4>", "/write story"),
        ("<t:1618953630> <t:1618953630:R>", "2021-04-20 21:20 UTC 2021-04-20 21:20 UTC"),
        ("<t:1618953630:D> at <t:1618953630:t>", "2021-04-20 at 21:20 UTC"),
        ("<t:9999999999999>", "<t:9999999999999>"),
        ("a < b > c <https://example.org> <@> <t:x>", "a < b > c <https://example.org> <@> <t:x>"),
    ],
)
def test_ids_become_names(content: str, words: str) -> None:
    assert readable(content, NAMES) == words


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<@1> hello", "hello"),
        ("<@!1>, hello", "hello"),
        ("hello <@1>", "hello"),
        ("  <@1> <@1>: hello <@1>  ", "hello"),
        ("is <@1> a bot?", "is <@1> a bot?"),
        ("<@2> hello", "<@2> hello"),
        ("<@&3> hello", "hello"),
        ("<@1>", ""),
        ("<@1>\n```py\nx\n```", "```py\nx\n```"),
    ],
)
def test_the_call_is_taken_off(content: str, text: str) -> None:
    assert without_call(content, 1, frozenset({3})) == text


@given(st.text())
def test_text_without_markup_stays(content: str) -> None:
    plain = content.replace("<", "")
    assert readable(plain, NAMES) == plain
    assert without_call(plain, 1, frozenset()) == plain


@given(st.text(alphabet="<@!&#:a15> ,"))
def test_no_known_mention_is_left_as_an_id(content: str) -> None:
    assert "<@5>" not in readable(content, NAMES)
    assert not without_call(content, 1, frozenset()).startswith("<@1>")
