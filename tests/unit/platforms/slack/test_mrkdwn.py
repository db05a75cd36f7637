"""What the model wrote, as Slack shows it, and what can never leave."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.markup import unescaped
from bot.platforms.slack.mrkdwn import (
    MAX_SECTION,
    MAX_TEXT,
    beginning,
    message_body,
    to_markdown_block,
    to_mrkdwn,
)

ACTIVE = re.compile(r"<([^<>]*)>")
LINK = re.compile(r"(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>|]+)?")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("plain", "plain"),
        ("**bold** and __bold__", "*bold* and *bold*"),
        ("*it* and _it_", "_it_ and _it_"),
        ("***both***", "*_both_*"),
        ("**bold with *it* inside**", "*bold with _it_ inside*"),
        ("~~gone~~", "~gone~"),
        ("これは**重要**です", "これは\u200b*重要*\u200bです"),
        ("2 * 3 * 4, snake_case_name, 5 ** 2", "2 * 3 * 4, snake_case_name, 5 ** 2"),
        ("# A **big** title #", "*A big title*"),
        ("- one\n  - two\n* three\n1. four", "• one\n  • two\n• three\n1. four"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("---", "———"),
        ("> quoted", "&gt; quoted"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("[the site](https://a.org/x?a=1&b=2)", "<https://a.org/x?a=1&amp;b=2|the site>"),
        ('[the site](https://a.org "title")', "<https://a.org|the site>"),
        ("![a cat](https://a.org/cat.png)", "<https://a.org/cat.png|a cat>"),
        ("[https://bank.com](https://evil.org)", "<https://evil.org>"),
        ("[bank.com/login](https://evil.org)", "<https://evil.org>"),
        ("[x](javascript:alert)", "x (javascript:alert)"),
        ("see https://a.org/a_b_c.", "see <https://a.org/a_b_c>."),
        ("<https://a.org>", "<https://a.org>"),
        ("`a < b` and ``c``", "`a &lt; b` and `c`"),
        ("```python\nif a < b:\n    **x**\n```\nend", "```\nif a &lt; b:\n    **x**\n```\nend"),
        ("~~~\ncode ```\n~~~", "```\ncode `\u200b``\n```"),
        ("```\nnot closed", "```\nnot closed\n```"),
        (r"\*not bold\* \<b\>", "\u2060*not bold\u2060* &lt;b&gt;"),
    ],
)
def test_markdown_becomes_mrkdwn(markdown: str, expected: str) -> None:
    assert to_mrkdwn(markdown) == expected


HOSTILE = [
    "<!channel> <!here> <!everyone> <!subteam^S123> <@U123> <#C123>",
    "[x](https://a.org|<!channel>)",
    "[<!channel>](https://a.org)",
    "`<!channel>` **<!here>** # <!everyone>",
    "```\n<!channel>\n```",
    "<https://a.org|<!here>>",
    "https://a.org/<!here>",
    "\ue0000\ue001 <!chan\ue000nel>",
    "[a](https://a.org/x|y)",
]


def actives(mrkdwn: str) -> list[str]:
    return ACTIVE.findall(mrkdwn)


@pytest.mark.parametrize("markdown", HOSTILE)
def test_nothing_but_links_is_active(markdown: str) -> None:
    assert all(LINK.fullmatch(inside) for inside in actives(to_mrkdwn(markdown)))


@given(st.text(alphabet="<>!@#|&;*_~`[]()\\ \nchannelhttps:/.\ue000\ue0010123U-", max_size=80))
def test_no_text_gets_a_control_sequence_through(markdown: str) -> None:
    mrkdwn = to_mrkdwn(markdown)
    rest = ACTIVE.sub("", mrkdwn)
    assert all(LINK.fullmatch(inside) for inside in actives(mrkdwn))
    assert "<" not in rest and ">" not in rest


@given(st.text(alphabet="abc <>&\n.,:;!?", max_size=80))
def test_plain_text_stays_what_it_is(text: str) -> None:
    assert unescaped(to_mrkdwn(text)) == text


def test_short_text_is_sent_as_text_alone() -> None:
    assert message_body("**hi**") == {"text": "*hi*"}


def test_what_its_escapes_make_too_long_goes_in_sections() -> None:
    line = "if a < b && c > d: print('<b>&amp;</b>')\n"
    markdown = "```html\n" + line * 75 + "```"
    assert len(markdown) <= 3500 < MAX_TEXT < len(to_mrkdwn(markdown))
    body = message_body(markdown)
    sections = body["blocks"]
    assert isinstance(sections, list) and isinstance(body["text"], str) and len(body["text"]) <= MAX_TEXT
    texts = [section["text"]["text"] for section in sections]
    assert all(len(text) <= 3000 and text.count("```") == 2 for text in texts) and len(texts) <= 50
    shown = unescaped("".join(text.replace("```\n", "").replace("```", "") for text in texts))
    assert shown == line * 75


def test_the_worst_of_texts_fits_its_sections() -> None:
    body = message_body("&" * 3500)
    sections = body["blocks"]
    assert isinstance(sections, list)
    assert "".join(section["text"]["text"] for section in sections) == "&amp;" * 3500
    assert all(len(section["text"]["text"]) <= 3000 for section in sections)


def test_control_characters_stay_here() -> None:
    assert message_body("a\x00b\ud800c") == {"text": "ab\ufffdc"}


@pytest.mark.parametrize(
    "char", [*"*_~`[]()<>&\\#-|!\n", "**", "__", "~~", "](", "[a", "`a", "**a ", "![", "&lt;"]
)
@pytest.mark.parametrize("convert", [to_mrkdwn, to_markdown_block, beginning])
def test_time_is_linear_in_the_text(convert: Callable[[str], str], char: str) -> None:
    began = time.perf_counter()
    convert(char * (20_000 // len(char)))
    assert time.perf_counter() - began < 1.0


# --- Slack's own Markdown ------------------------------------------------------------------------

SPACE = "\u200b"
CALLING = re.compile(
    r"<(?:!(?:channel|here|everyone|group|subteam|date)|@[uw]|#[cdg])|@(?:channel|here|everyone)", re.I
)
"""What Slack acts upon, once nothing is spelled otherwise any more."""


def as_slack_may_read(markdown: str) -> list[str]:
    """The text as it is, and with escapes and entities undone, however often somebody does that."""
    plain = markdown.replace("\\", "")
    return [markdown, plain, html.unescape(plain), html.unescape(html.unescape(plain))]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            "# A\n\n**b** _c_ ~~d~~\n\n- [ ] e\n- [x] f\n\n---",
            "# A\n\n**b** _c_ ~~d~~\n\n- [ ] e\n- [x] f\n\n---",
        ),
        ("| a | `b|c` |\n|---|---|\n| 1 < 2 | 3 & 4 |", "| a | `b|c` |\n|---|---|\n| 1 < 2 | 3 & 4 |"),
        ("![a cat](https://a.org/cat.png)", "[a cat](https://a.org/cat.png)"),
        ('[the **site**](https://a.org/x?a=1&b=2 "title")', "[the **site**](https://a.org/x?a=1&b=2)"),
        ("[https://bank.com](https://evil.org)", "<https://evil.org>"),
        ("[**bank.com/login**](https://evil.org)", "<https://evil.org>"),
        ("[x](javascript:alert)", "x (javascript:alert)"),
        ("[x](slack://channel?id=1)", "x (slack://channel?id=1)"),
        ("[x](<https://evil.org>)", f"[x]{SPACE}(<https://evil.org>)"),
        ("[bank.com\n](https://evil.org)", f"[bank.com\n]{SPACE}(https://evil.org)"),
        ("[bank.com][1]\n\n[1]: https://evil.org", f"[bank.com][1]\n\n[1]{SPACE}: https://evil.org"),
        ("<https://a.org|<!here>>", f"<https://a.org|<{SPACE}!here>>"),
        ("[a](https://a.org/x|y)", "[a](https://a.org/x%7Cy)"),
        ("see https://a.org/a_b_c.", "see https://a.org/a_b_c."),
        ("<!-- a --> <#C1> &#60;@U1>", f"<{SPACE}!-- a --> <{SPACE}#C1> &#60;{SPACE}@U1>"),
        ("`<!DOCTYPE html>` `<!here>`", f"`<!DOCTYPE html>` `<{SPACE}!here>`"),
        ("```\n![a](b) <!-- c -->\n<!channel>\n```", f"```\n![a](b) <!-- c -->\n<{SPACE}!channel>\n```"),
        ("a\x00b\ud800c", "ab\ufffdc"),
    ],
)
def test_markdown_becomes_harmless_markdown(markdown: str, expected: str) -> None:
    assert to_markdown_block(markdown) == expected


@pytest.mark.parametrize(
    "markdown",
    [
        *HOSTILE,
        "\\<!channel> \\\\<!here>",
        "&lt;!channel&gt; &LT;!here> &#x3C;@U1> &lt;&excl;here>",
        "@here @channel",
        "> <!date^1^{date}|now>",
        "- [<@U1>](https://a.org)",
        "<\u200b!here> <\x00!here>",
        "```<!here>\n<!here>",
    ],
)
def test_nobody_is_called_in_markdown(markdown: str) -> None:
    assert not any(map(CALLING.search, as_slack_may_read(to_markdown_block(markdown))))


@given(st.text(alphabet="<>!@#|&;ltx36\\`[]() \n~channelhereUC0^", max_size=80))
def test_nobody_is_called_in_any_markdown(markdown: str) -> None:
    shown = to_markdown_block(markdown)
    assert not any(map(CALLING.search, as_slack_may_read(shown)))
    assert to_markdown_block(shown) == shown


CODE_LINE = st.text(alphabet="<>!&;:#@[](){}|*_~\\'\" ab1=", max_size=30)


@given(st.lists(st.tuples(st.sampled_from(["", "py", "html"]), st.lists(CODE_LINE, max_size=4)), max_size=3))
def test_code_is_unchanged_to_the_character(blocks: list[tuple[str, list[str]]]) -> None:
    texts = ["\n".join([f"```{language}", *code, "```"]) for language, code in blocks]
    assert to_markdown_block("\n\nwords\n\n".join(texts)) == "\n\nwords\n\n".join(texts)


@given(st.text(alphabet="ab *_~#>-|.1\n", max_size=80))
def test_words_are_unchanged(markdown: str) -> None:
    assert to_markdown_block(markdown) == markdown


def test_a_notification_has_the_beginning_and_whole_links() -> None:
    markdown = "\n".join(
        f"- [{number}](https://a.org/{number}) said **this** & that" for number in range(200)
    )
    text = beginning(markdown)
    assert 1000 < len(text) <= MAX_SECTION and text.startswith("• <https://a.org/0|0> said *this* &amp; that")
    assert all(LINK.fullmatch(inside) for inside in actives(text)) and "<" not in ACTIVE.sub("", text)
