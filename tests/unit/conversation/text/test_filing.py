"""Filing: long code becomes files under good names, nothing is lost, closed posts stay while code grows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text.filing import EXTENSIONS, posts, sections
from bot.messages import File
from tests.unit.conversation.text.documents import Writer, faults

CODE = "".join(f"line_{number} = {number}\n" for number in range(40))


def named(first_line: str, before: str = "") -> str:
    """The name that a block with this first line gets."""
    file = sections(f"{before}```{first_line}\n{CODE}```\n", 100, is_whole=True)[0].file
    assert file is not None
    return file.name


@given(st.integers(0, 10**6), st.sampled_from([100, 300]))
@settings(max_examples=25, deadline=None)
def test_prose_and_files_are_the_text_and_every_post_reads_alone(seed: int, max_code: int) -> None:
    text = Writer(seed).document(8000).text
    parts = sections(text, max_code, is_whole=True)
    assert "".join(part.prose + part.source for part in parts) == text
    for part in parts:
        assert (
            part.file is None
            or part.file.text.strip() in re.sub(r"(?m)^ {1,3}", "", part.source) + part.source
        )
    shown = posts(text, 600, max_code, is_whole=True)
    assert [fault for post in shown for fault in faults(post.text)] == []
    assert [post.file for post in shown if post.file] == [part.file for part in parts if part.file]
    assert all(f"`{post.file.name}` (" in post.text.splitlines()[-1] for post in shown if post.file)
    names = [post.file.name for post in shown if post.file]
    assert len(names) == len(set(names))


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_closed_posts_stay_while_code_grows(seed: int) -> None:
    text = Writer(seed).document(3000).text
    final = posts(text, 400, 250, is_whole=False)
    for end in range(0, len(text), 13):
        so_far = posts(text[:end], 400, 250, is_whole=False)
        assert so_far[:-1] == final[: max(len(so_far) - 1, 0)]


def test_a_long_block_is_a_file_and_a_line_stands_for_it() -> None:
    shown = posts(f"Here:\n\n```python title=foo.py\n{CODE}```\nThat is all.", 2000, 300, is_whole=True)
    assert [post.text for post in shown] == ["Here:\n\n`foo.py` (40 lines, attached)\n", "That is all."]
    assert [post.file for post in shown] == [File("foo.py", CODE), None]


def test_a_short_block_stays_and_so_does_every_block_where_no_files_go() -> None:
    text = f"```py\n{CODE}```"
    assert [post.text for post in posts(text, 2000, 2000, is_whole=True)] == [text]
    assert {post.file for post in posts(text, 200, None, is_whole=True)} == {None}


def test_a_block_that_is_to_be_a_file_is_one_however_short_it_is() -> None:
    (shown,) = posts("Yours:\n\n```jsonl file=export.jsonl\n{}\n```", 2000, 2000, is_whole=True)
    assert shown.text == "Yours:\n\n`export.jsonl` (1 line, attached)\n"
    assert shown.file == File("export.jsonl", "{}\n")


def test_a_sentence_stands_for_what_was_to_be_a_file_where_there_are_none() -> None:
    text, why = f"Yours:\n\n```py file=own.py\n{CODE}```\nThat is all.", "I may not."
    told = "Yours:\n\n`own.py` (40 lines) could not be attached here: I may not.\n"
    shown = posts(text, 300, None, is_whole=True, no_files=why)
    assert [(post.text, post.file) for post in shown] == [(told, None), ("That is all.", None)]
    short, code = text.replace(CODE, "x = 1\n"), text.replace(" file=own.py", "")
    for kept in (short, code):
        shown = posts(kept, 300, None, is_whole=True, no_files=why)
        assert sum(post.text.count("x = 1") + post.text.count("line_") for post in shown) == kept.count(" = ")
        assert {post.file for post in shown} == {None}
    for end in range(len(code)):
        assert posts(code[:end], 300, None, is_whole=False, no_files=why) == posts(
            code[:end], 300, None, is_whole=False
        )


def test_code_that_is_too_large_for_a_file_is_shown() -> None:
    text, size = f"Here:\n\n```py title=é.py\n{CODE}é\n```\n", len(CODE.encode()) + 3
    assert posts(text, 2000, 300, is_whole=True, max_file_bytes=size)[0].file is not None
    (shown,) = posts(text, 2000, 300, is_whole=True, max_file_bytes=size - 1)
    assert shown.file is None and CODE in shown.text
    assert shown.text.startswith("Here:\n\n`py.txt` (41 lines) is too large a file.\n```py")


def test_a_block_that_is_being_written_grows_in_one_line_and_then_becomes_the_file() -> None:
    before = "Here:\n```py\n"
    lines = CODE.splitlines(keepends=True)
    seen = []
    for count in (3, 20, 30):
        (post,) = posts(before + "".join(lines[:count]), 400, 150, is_whole=False)
        seen.append(post)
    assert seen[0].text == before + "".join(lines[:3]) + "```"
    assert [post.text for post in seen[1:]] == [
        f"Here:\n`code.py`: {count} lines so far ..." for count in (20, 30)
    ]
    (whole,) = posts(before + CODE + "```", 400, 150, is_whole=False)
    assert whole.text == "Here:\n`code.py` (40 lines, attached)\n" and whole.file == File("code.py", CODE)


def test_a_block_that_would_take_a_new_post_is_a_line_until_it_is_closed() -> None:
    before = "word " * 50 + "\n\n```py\n"
    (post,) = posts(before + CODE[:180], 400, 300, is_whole=False)
    assert post.text.endswith("`code.py`: 16 lines so far ...")
    closed = posts(before + CODE[:180] + "\n```\n", 400, 300, is_whole=False)
    assert [part.file for part in closed] == [None, None] and closed[1].text.startswith("```py\nline_0")


def test_what_is_there_of_a_block_becomes_the_file_when_the_answer_is_stopped() -> None:
    (post,) = posts(f"Here:\n```py\n{CODE}", 2000, 300, is_whole=True)
    assert post.file == File("code.py", CODE) and post.text == "Here:\n`code.py` (40 lines, attached)\n"


def test_code_in_a_list_is_filed_without_its_indentation_and_code_in_a_quote_is_not() -> None:
    indented = "".join(f"   {line}" for line in CODE.splitlines(keepends=True))
    (post,) = posts(f"1. Run:\n   ```sh\n{indented}   ```\n", 2000, 300, is_whole=True)
    assert post.text == "1. Run:\n   `code.sh` (40 lines, attached)\n" and post.file == File("code.sh", CODE)
    quoted = "> ```\n" + "".join(f"> {line}" for line in CODE.splitlines(keepends=True)) + "> ```\nafter"
    assert all(post.file is None for post in posts(quoted, 2000, 300, is_whole=True))


def test_what_is_shown_is_made_safe_and_the_file_is_as_it_was_written() -> None:
    text = f"a bad word\n```\nbad\n{CODE}```\nbad"
    shown = posts(text, 2000, 100, is_whole=True, make_safe=lambda part: part.replace("bad", "good"))
    assert [post.text for post in shown] == ["a good word\n`code.txt` (41 lines, attached)\n", "good"]
    assert shown[0].file == File("code.txt", "bad\n" + CODE)


@pytest.mark.parametrize(
    ("first_line", "before", "name"),
    [
        ("", "", "code.txt"),
        ("python", "", "code.py"),
        ("C++", "", "code.cpp"),
        ("{.rust}", "", "code.rs"),
        ("klingon", "", "code.txt"),
        ('js title="src/app/main.js"', "", "main.js"),
        ("python filename=../../etc/passwd", "", "passwd.txt"),
        ("jsonl title=parley-export.jsonl", "", "parley-export.jsonl"),
        ("python:tools/run.py", "", "run.py"),
        ("run.py", "", "run.py"),
        ("python", "Save this as `tool.py`:\n\n", "tool.py"),
        ("python", "**tool.py**\n", "tool.py"),
        ("python", "Put `a.py` beside `b.py` and go:\n", "b.py"),
        ("python", "As seen on example.org:\n", "code.py"),
        ("python", "Version 1.2:\n", "code.py"),
        ("title=..", "", "code.txt"),
        ("title=setup.exe", "", "setup.exe.txt"),
        ('title="a b\u202egpj.py"', "", "a-b-gpj.py"),
        (f"title={'x' * 200}.py", "", "x" * 60 + ".py"),
    ],
)
def test_names_are_what_the_answer_says_and_safe(first_line: str, before: str, name: str) -> None:
    assert named(first_line, before) == name


def test_no_first_line_is_too_long_to_be_searched_for_a_name() -> None:
    assert named("a" * 100_000) == named("a." * 50_000) == "code.txt"


def test_names_are_unique_in_an_answer() -> None:
    text = f"```py\n{CODE}```\n" * 3 + f"```PY title=Code.py\n{CODE}```\n"
    names = [part.file.name for part in sections(text, 100, is_whole=True) if part.file]
    assert names == ["code.py", "code-2.py", "code-3.py", "Code-4.py"]


def test_the_usual_languages_are_known() -> None:
    assert len(set(EXTENSIONS.values())) >= 40 and EXTENSIONS["typescript"] == "ts"
