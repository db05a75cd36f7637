"""What is generated from the code agrees with it: `.env.example` and the README's tables and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from bot import __main__ as command_line
from bot.cli import settings_pages
from bot.conversation.commands import commands_table
from bot.platforms.discord.invite import permissions_table
from bot.platforms.slack.scopes import scopes_table

ROOT = Path(__file__).parents[2]
README_FILE = ROOT / "README.md"
README = README_FILE.read_text()
PAGES = sorted((ROOT / "docs").glob("*.md"))
MAKEFILE = (ROOT / "Makefile").read_text()


def links(page: Path) -> list[tuple[Path, str]]:
    """The links of a page to other files, with the page."""
    targets = sorted(set(re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())))
    return [(page, target) for target in targets]


def section(name: str, page: str = README) -> str:
    """What stands between the markers of this name, in the README or another page."""
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert found, f"there is no section marked {name}"
    return found[1]


def test_env_example_is_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == settings_pages.env_example(), (
        "make it again: python -m bot config --env-example > .env.example"
    )


def test_readme_settings_are_what_the_settings_say() -> None:
    assert section("settings") == settings_pages.markdown_table(), (
        "make it again: python -m bot config --markdown"
    )


def test_readme_commands_are_what_the_tasks_say() -> None:
    assert section("commands") == commands_table(), "make it again: python -m bot config --commands"


def test_readme_permissions_are_what_the_invitation_asks_for() -> None:
    assert section("permissions") == permissions_table(), "make it again: python -m bot config --permissions"


def test_scopes_are_what_the_manifest_asks_for() -> None:
    page = (ROOT / "docs" / "slack.md").read_text()
    assert section("scopes", page) == scopes_table(), "make it again: python -m bot config --scopes"


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 300


@pytest.mark.parametrize(
    ("page", "target"), [*links(README_FILE), *(x for page in PAGES for x in links(page))]
)
def test_links_lead_somewhere(page: Path, target: str) -> None:
    assert (page.parent / target).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    assert f"](docs/{page.name})" in README


@pytest.mark.parametrize(
    "target",
    sorted(
        {name for page in [README_FILE, *PAGES] for name in re.findall(r"`make ([a-z]+)", page.read_text())}
    ),
)
def test_pages_name_real_make_targets(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "words"), re.findall(r'make (run|chat) ARGS="([^"]*)"', MAKEFILE + README)
)
def test_words_for_a_command_are_ones_that_it_takes(command: str, words: str) -> None:
    commands = typer.main.get_group(command_line.app).commands
    commands[command].make_context(command, words.split()).close()  # raises for what it does not take


def test_readme_names_every_exit_code() -> None:
    sentence = re.search(r"Exit codes: ([^.]*)\.", README)
    assert sentence
    mine = {
        0,
        command_line.FAILED,
        command_line.WRONG_USE,
        command_line.INTERRUPTED,
        command_line.BROKEN_PIPE,
    }
    assert {int(number) for number in re.findall(r"\d+", sentence[1])} == mine


@pytest.mark.parametrize(
    ("file", "home"),
    [
        ("parley.db", "settings.py"),
        ("playground.sqlite3", "platforms/web/platform.py"),
        ("history", "app.py"),
    ],
)
def test_readme_names_the_files_that_hold_what_people_wrote(file: str, home: str) -> None:
    assert f"`{file}`" in README.partition("## Security and privacy")[2]
    assert file in (ROOT / "bot" / home).read_text()
