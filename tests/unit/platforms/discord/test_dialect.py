"""Code blocks as Discord reads them: nested ones and other fences arrive as they were meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text.splitting import split
from bot.platforms.discord.dialect import to_discord
from tests.unit.conversation.text.documents import Writer

AS_DISCORD = re.compile(r"```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```", re.I)
"""How Discord's clients find code: a language on the first line, and all up to the next three backticks."""


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("no code, ~~gone~~", "no code, ~~gone~~"),
        ("  - in a list\n- out of it", "\u200b\n  - in a list\n- out of it"),
        ("  words", "  words"),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("~~~\nx = 1\n~~~\nend", "```\nx = 1\n```\nend"),
        ("````md\n```py\nx\n```\n````", "```md\n`\u200b``py\nx\n`\u200b``\n```"),
        ("```python title=foo.py\nx\n```", "```python\nx\n```"),
        ("```title=foo.py\nx\n```", "```\nx\n```"),
        ("```{.rust}\nx\n```", "```\nx\n```"),
        ("1. Do:\n   ~~~sh\n   run\n   ~~~", "1. Do:\n   ```sh\n   run\n   ```"),
        ("> ~~~c++\n> x\n> ~~~", "> ```c++\n> x\n> ```"),
        ("> ```\n> x\nend", "> ```\n> x\nend"),
    ],
)
def test_fences_become_those_that_discord_knows(markdown: str, shown: str) -> None:
    assert to_discord(markdown) == shown


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_post_of_a_long_answer_shows_its_code_and_only_that_as_code(seed: int) -> None:
    for post in split(Writer(seed).document(6000).text, 2000):
        shown = to_discord(post)
        assert len(shown) <= len(post) + 2 + post.count("```")
        assert shown.count("```") == 2 * len(AS_DISCORD.findall(shown))
        prose = AS_DISCORD.sub("", shown)
        assert "~~~" not in prose and "print('| a |')" not in prose
