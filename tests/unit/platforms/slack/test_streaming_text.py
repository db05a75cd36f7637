"""What can be streamed of an answer that still grows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.text.filing import posts
from bot.platforms.slack.mrkdwn import to_markdown_block
from bot.platforms.slack.streaming_text import settled, without_links

ANSWER = """# A title

Some **bold** words, *others* in italics, `code <!here>` and 2 * 3 * 4. \
See [the site](https://known.org/a_(b)) and https://other.org/x, or [that](https://other.org/y "title") and <https://other.org/z>.

- one @channel
- two <!channel> and &lt;!here>

| name | value |
|---|---|
| a | **b** |

```python
if a < b:
    print("`x`")
```
これは**重要**です。そして終わり。 The end [1] is near.
"""


def shown(markdown: str) -> str:
    """What is streamed of a text."""
    return to_markdown_block(without_links(markdown, lambda url: "known" in url))


def unfinished(text: str) -> str:
    """What delivery shows of it while it is written."""
    return posts(text.rstrip(), 11_000, 10_900, is_whole=False)[0].text if text.strip() else ""


@pytest.mark.parametrize(
    ("written", "stays"),
    [
        ("Hel", ""),
        ("Hello wor", "Hello"),
        ("Hello **bold te", "Hello"),
        ("Hello **bold text** aft", "Hello **bold text**"),
        ("a [link](https://a.org", "a"),
        ("a [link](https://a.org) and", "a [link](https://a.org)"),
        ("see https://a.org/c", "see"),
        ("see @chan", "see"),
        ("2 * 3 and th", "2 * 3 and"),
        ("one\ntwo thr", "one\ntwo"),
        ("one\n", "one"),
        ("```py\nx = 4\n```", "```py"),
        ("```py\nx = 4\ny = 5\n```", "```py\nx = 4"),
        ("```py\nx\n```\n\nDone now", "```py\nx\n```\n\nDone"),
        ("above\n| a | b", "above"),
        ("これは重要で", "これは重要で"),
        ("Here:\n`code.py`: 3 lines so far ...", "Here:"),
        ("[" + "x" * 400 + " y", "[" + "x" * 400),
    ],
)
def test_what_may_still_change_is_held_back(written: str, stays: str) -> None:
    assert settled(written) == stays


def test_a_growing_answer_is_streamed_without_taking_anything_back() -> None:
    whole = shown(ANSWER.rstrip())
    steps = [shown(settled(unfinished(ANSWER[:end]))) for end in range(len(ANSWER))]
    assert all(whole.startswith(step) for step in steps)
    assert len(set(steps)) > 40


@given(st.text(st.sampled_from("ab `*_[]()<>@!|~\n.中"), max_size=60))
def test_what_is_settled_is_a_beginning_of_what_is_written(written: str) -> None:
    assert written.startswith(settled(written))
    assert settled(written) == settled(written).rstrip()


@pytest.mark.parametrize(
    ("markdown", "inert"),
    [
        ("see https://evil.org/a?b=c.", "see `https://evil.org/a?b=c`."),
        ("[here](https://evil.org)", "here (`https://evil.org`)"),
        ("![here](https://evil.org/x.png)", "here (`https://evil.org/x.png`)"),
        ("<https://evil.org>", "`https://evil.org`"),
        ("HTTPS://EVIL.ORG", "`HTTPS://EVIL.ORG`"),
        ("[here](https://known.org/a) https://known.org", "[here](https://known.org/a) https://known.org"),
        ("`https://evil.org`", "`https://evil.org`"),
        ("```\nhttps://evil.org\n```", "```\nhttps://evil.org\n```"),
        ("[a]: https://evil.org", "[a]: `https://evil.org`"),
    ],
)
def test_links_that_are_not_known_become_text(markdown: str, inert: str) -> None:
    assert without_links(markdown, lambda url: "known" in url) == inert


@pytest.mark.parametrize("piece", ["[", "`", "*a", "<", "**", "https://a", "[a](", "_x_", "(a) "])
def test_the_time_it_takes_grows_with_the_text_alone(piece: str) -> None:
    text = piece * (11_000 // len(piece))
    began = time.perf_counter()
    shown(settled(text))
    assert time.perf_counter() - began < 2.0
