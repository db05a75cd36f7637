"""Markdown as Discord reads it: code blocks arrive as they were meant, and tables as text in columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text.splitting import split
from bot.platforms.discord.dialect import MAX_CHARS, to_discord
from bot.platforms.discord.tables import bare
from tests.unit.conversation.text.documents import Writer

AS_DISCORD = re.compile(r"```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```", re.I)
"""How Discord's clients find code: a language on the first line, and all up to the next three backticks."""

TABLE = "```\nName   N   C\n----  --  ----\nAnn    7   on\nBo    20  a|b!\n```"


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


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("| a | b |\n|---|---|", "```\na  b\n-  -\n```"),
        ("a|b\n-|-\n1|2\nend", "```\na  b\n-  -\n1  2\n```\nend"),
        ("|Name|N|C|\n|:--|--:|:-:|\n|Ann|7|on|\n|Bo|20|a\\|b!|", TABLE),
        ("|名前|x|\n|-|-|\n|e\u0301|日|", "```\n名前  x\n----  --\ne\u0301     日\n```"),
        ("|a|b|\n|-|-|\n|1|\n|1|2|3|", "```\na  b\n-  -\n1\n1  2\n```"),
        ("|a|b|\n|-|-|\n|1|2|\n||x|| said", "```\na  b\n-  -\n1  2\n```\n||x|| said"),
        ("|a|b|\n|-|-|\n\nand\n\n|c|d|\n|-|-|", "```\na  b\n-  -\n```\n\nand\n\n```\nc  d\n-  -\n```"),
        ("> |a|b|\n> |-|-|\n> |1|2|\n|3|4|", "> ```\n> a  b\n> -  -\n> 1  2\n> ```\n|3|4|"),
        ("```\n|a|b|\n|-|-|\n```", "```\n|a|b|\n|-|-|\n```"),
        ("a | b, ||c||\n---", "a | b, ||c||\n---"),
        ("|a|b|\n|-|", "|a|b|\n|-|"),
    ],
)
def test_tables_become_columns(markdown: str, shown: str) -> None:
    assert to_discord(markdown) == shown


def test_a_table_that_would_not_fit_in_columns_keeps_its_rows() -> None:
    small, large = "|a|b|\n|-|-|\n|1|2|", "\n".join(["|a|b|", "|-|-|", f"|{'x' * 800}|y|", *["|1|2|"] * 100])
    assert to_discord(f"{small}\n\n{large}") == f"```\na  b\n-  -\n1  2\n```\n\n```\n{large}\n```"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("**a** and __b__", "a and b"),
        ("*a* _b_ ~~c~~ ***d***", "a b c d"),
        ("`*a*` 2*3*4 snake_case_name", "*a* 2*3*4 snake_case_name"),
        ("[the page](https://example.org/1)", "the page (https://example.org/1)"),
        ("<https://example.org> <:ok:123>", "https://example.org :ok:"),
        (r"\*a\* x<br>y", "*a* x y"),
    ],
)
def test_cells_lose_their_marks(cell: str, shown: str) -> None:
    assert bare(cell) == shown


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_post_of_a_long_answer_shows_its_code_and_only_that_as_code(seed: int) -> None:
    for post in split(Writer(seed).document(6000).text, 2000):
        shown = to_discord(post)
        assert len(shown) <= MAX_CHARS
        assert shown.count("```") == 2 * len(AS_DISCORD.findall(shown))
        prose = AS_DISCORD.sub("", shown)
        assert "~~~" not in prose and "\n| " not in prose and "print('| a |')" not in prose
