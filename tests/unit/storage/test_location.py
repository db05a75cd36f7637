"""Which database URLs are accepted, and what is said about the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.storage.location import database_file, prepare_file


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite+aiosqlite:///data/parley.db", "data/parley.db"),
        ("sqlite+aiosqlite:////var/lib/parley/parley.db", "/var/lib/parley/parley.db"),
        ("sqlite:///parley.db", "parley.db"),
    ],
)
def test_files(url: str, path: str) -> None:
    assert database_file(url) == Path(path)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql+asyncpg://me:hunter2@db/parley", "postgresql.asyncpg is not supported yet"),
        ("sqlite+aiosqlite://", "in memory"),
        ("sqlite+aiosqlite:///:memory:", "in memory"),
        ("sqlite+aiosqlite:///file:x?mode=memory&uri=true", "in memory"),
        ("sqlite+aiosqlite://data/parley.db", "hosts"),
        ("data/parley.db", "no URL"),
        ("", "no URL"),
    ],
)
def test_refused_with_an_example_and_without_the_password(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        database_file(url)
    assert "sqlite+aiosqlite:///data/parley.db" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_folder_and_a_private_file_are_made(tmp_path: Path) -> None:
    path = prepare_file(f"sqlite+aiosqlite:///{tmp_path}/new/deeper/parley.db")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_relative_paths_start_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare_file("sqlite+aiosqlite:///data/parley.db")
    assert (tmp_path / "data" / "parley.db").is_file()


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file/parley\.db cannot be written"):
        prepare_file(f"sqlite+aiosqlite:///{tmp_path}/file/parley.db")
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare_file(f"sqlite+aiosqlite:///{tmp_path}")
