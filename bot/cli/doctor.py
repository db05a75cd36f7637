"""`python -m bot doctor`: looks at what the bot needs before it is started, and changes nothing."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import plain, slack_http, slack_oauth, unusable_data_dir
from bot.config import LoadedSettings, environment, is_secret
from bot.errors import BotError
from bot.generation.catalog import (
    POCKET_FOLDER,
    choose,
    choose_translation,
    default_hub_cache,
    why_no_room,
)
from bot.generation.folders import read_folder, verify_manifest
from bot.generation.memory import available_memory
from bot.platforms.base import Finding
from bot.platforms.ports import take_port
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.platforms.slack import Setup

MIN_FREE_BYTES = 500 * 1024**2
"""Less room than this for history, log and cache is worth a warning."""


def examine(loaded: LoadedSettings, env_file: Path = Path(".env")) -> Iterator[Finding]:
    """Look at one thing after the other, at the settings and the file that they were read from first."""
    settings = loaded.settings
    yield Finding(True, "settings", f"in order; platforms: {', '.join(settings.platforms)}")
    for warning in loaded.warnings:
        yield Finding(False, "settings", warning)
    if _shows_secrets(loaded, env_file):
        what = (
            f"other people on this machine can read {env_file} and the secrets in it: `chmod 600 {env_file}`"
        )
        yield Finding(False, "settings", what)
    checks: dict[str, Callable[[Settings], str]] = {
        "data folder": _data_folder,
        "database": _database,
        "model": _model,
        "translation model": _translation_model,
        "memory": _memory,
        "port": _port,
    }
    for subject, check in checks.items():
        try:
            yield Finding(True, subject, check(settings))
        except (BotError, OSError) as error:
            yield Finding(False, subject, str(error))


def _shows_secrets(loaded: LoadedSettings, env_file: Path) -> bool:
    secrets = [name for name, field in Settings.model_fields.items() if is_secret(field)]
    try:
        return env_file.stat().st_mode & 0o044 != 0 and any(
            loaded.origins[name] == ".env" for name in secrets
        )
    except OSError:
        return False


async def examine_platforms(settings: Settings) -> AsyncIterator[Finding]:
    """Ask the platforms whose tokens are set what they say of the bot; this takes the network."""
    if settings.discord_token is not None:
        from bot.platforms.discord import Endpoints, diagnose

        endpoints = Endpoints(
            settings.discord_api_url, settings.discord_gateway_url, settings.discord_cdn_url
        )
        token = settings.discord_token.get_secret_value()
        async for finding in diagnose(token, endpoints, settings.discord_shard_count):
            yield finding
    if "slack" in settings.platforms:
        from bot.platforms.slack import diagnose as diagnose_slack

        async for finding in diagnose_slack(_slack_setup(settings)):
            yield finding


def _slack_setup(settings: Settings) -> Setup:
    from bot.platforms.slack import Setup

    database = _database_file(settings)
    return Setup(
        bot_token=plain(settings.slack_bot_token),
        app_token=plain(settings.slack_app_token),
        http=slack_http(settings),
        oauth=slack_oauth(settings),
        api_url=settings.slack_api_url,
        public_url=settings.slack_public_url,
        database=database if database.exists() else None,
    )


def _try_writing(folder: Path) -> Path:
    """Write to the folder, or to the nearest one above it that exists, and return that. Raises OSError."""
    folder = folder.absolute()
    place = next(place for place in (folder, *folder.parents) if place.exists())
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    with tempfile.TemporaryFile(dir=place):
        return place


def _data_folder(settings: Settings) -> str:
    try:
        free = shutil.disk_usage(_try_writing(settings.bot_data_dir)).free
    except OSError as error:
        raise unusable_data_dir(settings, error) from None
    if free < MIN_FREE_BYTES:
        raise OSError(f"{settings.bot_data_dir} has only {free / 1024**2:.0f} MiB free")
    return f"{settings.bot_data_dir} can be written to, {free / 1024**3:.0f} GiB free"


def _database(settings: Settings) -> str:
    file = _database_file(settings)
    try:
        if not file.exists():
            _try_writing(file.parent)
            return f"{file} will be made at the first start"
    except OSError as error:
        raise OSError(
            f"{file} cannot be made ({error.strerror}): set DATABASE_URL or BOT_DATA_DIR to a place that "
            "the bot may write to"
        ) from None
    import sqlite3

    database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=5)
    try:
        [verdict] = database.execute("PRAGMA quick_check(1)").fetchone()
        database.execute("BEGIN IMMEDIATE")
        database.rollback()
    except sqlite3.Error as error:
        raise OSError(f"{file}: {error}") from None
    finally:
        database.close()
    if verdict != "ok":
        raise OSError(f"{file} is damaged: {verdict}")
    return f"{file} is intact and can be written to"


def _database_file(settings: Settings) -> Path:
    return Path(settings.database_url.split("///", 1)[1])


def _model(settings: Settings) -> str:
    choice = choose(
        settings.bot_model,
        revision=settings.bot_model_revision,
        models_dir=settings.bot_models_dir,
        hub_cache=default_hub_cache(environment()),
        device=settings.bot_device,
    )
    if choice.folder is None:
        return f"{choice.name} is not here yet; it is fetched at the first start"
    folder = read_folder(choice.folder)
    if folder.problem is not None:
        raise OSError(f"{choice.name}: {folder.problem}")
    if choice.folder == POCKET_FOLDER:
        verify_manifest(choice.folder)
    return f"{choice.name}, {folder.parameters / 1e6:.1f} M parameters ({choice.reason})"


def _translation_model(settings: Settings) -> str:
    if settings.bot_translation_model is None:
        return "none is set: the chat model translates"
    choice = choose_translation(settings.bot_translation_model, models_dir=settings.bot_models_dir)
    if choice.folder is None:
        return f"{choice.name} is not here yet; it is fetched with the first translation"
    if (lack := why_no_room(choice.folder, available_memory(settings.bot_device))) is not None:
        raise OSError(f"{choice.name} {lack}")
    folder = read_folder(choice.folder)
    return f"{choice.name}, {folder.parameters / 1e6:.1f} M parameters; loaded with the first translation"


def _memory(settings: Settings) -> str:
    memory = available_memory(settings.bot_device)
    where = " on the GPU" if memory.is_gpu else ""
    return f"{memory.available_bytes / 1024**3:.1f} GiB free for the model{where}"


def _port(settings: Settings) -> str:
    if "web" not in settings.platforms:
        return "none is needed"
    host, port = settings.bot_http_host, settings.bot_http_port
    take_port(host, port, "BOT_HTTP_PORT").close()
    return f"{host}:{port} is free"
