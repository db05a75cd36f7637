"""Settings as they are in force: read from the environment and `.env`, checked, and explained.

Nothing else reads the environment. What is wrong is reported all at once, by the variable's name, and
a secret's value is never shown, not even when it is wrong. Only the top of the house (the command
line and `app`) imports this; everything below is handed plain values.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.errors import ConfigError
from bot.settings import Expects, Settings

Origin = Literal["environment", ".env", "default"]

_USER_INFO = r"([A-Za-z][\w+.-]*:/*)?+(.*)@"
_SLACK_PARTS = (
    "slack_app_token",
    "slack_signing_secret",
    "slack_client_secret",
    "slack_token_key",
    "slack_public_url",
)
_OURS = ("DISCORD_", "SLACK_", "DATABASE_")


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with where each came from, and warnings that stop nothing."""

    settings: Settings
    origins: Mapping[str, Origin]
    warnings: tuple[str, ...] = ()


def load(env_file: Path = Path(".env")) -> LoadedSettings:
    """Read the environment, then `env_file` for what it leaves open. Raises ConfigError with all problems."""
    from_file, from_environment, names = _read(env_file)
    warnings = _warnings(names)
    try:
        settings = validate({**from_file, **from_environment})
    except ConfigError as error:  # a misspelt name may be the very cause of a missing value
        told = tuple(f"warning: {warning}" for warning in warnings)
        raise ConfigError(str(error), (*error.problems, *told)) from None
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    origins |= dict.fromkeys(from_file, ".env")
    origins |= dict.fromkeys(from_environment, "environment")
    return LoadedSettings(settings, MappingProxyType(origins), (*warnings, *_without_effect(settings)))


def load_only(names: Iterable[str], env_file: Path = Path(".env")) -> Settings:
    """Some settings, by field name, and the defaults of all others: for what needs no more, so that what is
    wrong elsewhere does not stop it. Raises ConfigError."""
    from_file, from_environment, _ = _read(env_file)
    values = {**from_file, **from_environment}
    return validate({name: values[name] for name in names if name in values})


def _read(env_file: Path) -> tuple[dict[str, object], dict[str, object], set[str]]:
    """What the file and the environment say, by field name, and the names of all variables there."""
    environment = EnvSettingsSource(Settings, env_ignore_empty=True)
    try:
        dotenv = DotEnvSettingsSource(Settings, env_file=env_file, env_ignore_empty=True)
        from_file = {name: value for name, value in dotenv().items() if name in Settings.model_fields}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{env_file} cannot be read: {type(error).__name__}; write it as UTF-8 text"
        ) from None
    return from_file, environment(), {*os.environ, *(name.upper() for name in dotenv.env_vars)}


def validate(values: Mapping[str, object]) -> Settings:
    """Settings from raw values by field name. Raises ConfigError that lists every problem at once."""
    problems: dict[str, str] = {}
    settings = None
    try:
        settings = Settings.model_validate(dict(values))
    except ValidationError as error:
        wrong = dict.fromkeys(str(item["loc"][0]) for item in error.errors(include_input=False))
        problems = {name: _problem(name, values.get(name)) for name in wrong}
        # The rest may still be wrong together: look at it with the wrong ones left out.
        settings = Settings.model_validate({k: v for k, v in values.items() if k not in problems})
    together = (*_missing_tokens(settings, problems), *_wrong_shards(settings), *_clashing_ports(settings))
    for name, problem in together:
        problems.setdefault(name, problem)
    if problems:
        lines = tuple(problems.values())
        raise ConfigError("settings are wrong: " + "; ".join(lines), lines)
    return settings


def environment() -> Mapping[str, str]:
    """The process's environment, for what hands on variables of other programs (PATH, HF_HOME)."""
    return MappingProxyType(dict(os.environ))


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting's value must never be shown."""
    return "SecretStr" in str(field.annotation)


def expected(field: FieldInfo) -> str:
    """What to write for a setting, for people."""
    return next(item.text for item in field.metadata if isinstance(item, Expects))


def without_password(address: str) -> str:
    """An address without what stands before its @, a password for one, whatever characters that has.

    An SQLite file's address has no place for one: the @ in its path stays, unless `user:password` is there.
    """
    match = re.match(_USER_INFO, address, re.DOTALL)
    if match is None or ((match[1] or "").startswith("sqlite") and ":" not in match[2]):
        return address
    return f"{match[1] or ''}***{address[match.end() - 1 :]}"


def may_hold_password(name: str) -> bool:
    """Whether the value of the setting (a field's name) is an address, and is shown `without_password`."""
    return name.endswith("_url")


def _problem(name: str, value: object) -> str:
    field = Settings.model_fields[name]
    is_address = may_hold_password(name) or "://" in str(value)
    text = without_password(str(value)) if is_address else str(value)
    shown = "is not right" if is_secret(field) else f"is {text[:60]!r}"
    return f"{name.upper()} {shown}: write {expected(field)}"


def _missing_tokens(settings: Settings, wrong: Container[str]) -> Iterable[tuple[str, str]]:
    """What is missing, where none of the `wrong` ones, which `settings` lacks, is in its place."""

    def missing(name: str) -> str:
        return f"{name.upper()} is missing: write {expected(Settings.model_fields[name])}"

    if "discord" in settings.platforms and settings.discord_token is None:
        yield "discord_token", missing("discord_token") + ", or take discord out of BOT_PLATFORMS"
    if "slack" not in settings.platforms:
        return
    has_no_token = settings.slack_client_id is None and settings.slack_bot_token is None
    if has_no_token and "slack_client_id" not in wrong:
        yield "slack_bot_token", missing("slack_bot_token") + ", or take slack out of BOT_PLATFORMS"
    if settings.slack_client_id is not None:
        for name in ("slack_client_secret", "slack_token_key", "slack_public_url"):
            if getattr(settings, name) is None:
                yield name, missing(name) + ", or take SLACK_CLIENT_ID away"
    if settings.slack_listens_over_http and settings.slack_signing_secret is None:
        yield "slack_signing_secret", missing("slack_signing_secret") + " (Slack signs what it sends)"
    is_deaf = not settings.slack_listens_over_http and settings.slack_app_token is None
    if is_deaf and (settings.slack_transport == "socket" or "slack_signing_secret" not in wrong):
        how = " (Socket Mode), or SLACK_SIGNING_SECRET (HTTP): one of them is how I hear of events"
        yield "slack_app_token", missing("slack_app_token") + how


def _wrong_shards(settings: Settings) -> Iterable[tuple[str, str]]:
    count, shards = settings.discord_shard_count, settings.discord_shard_ids
    if shards and not count:
        what = "write how many shards all processes have together, or take DISCORD_SHARD_IDS away"
        yield "discord_shard_count", f"DISCORD_SHARD_COUNT is missing: {what}"
    elif shards and shards[-1] >= count:
        what = f"write numbers below DISCORD_SHARD_COUNT, which is {count}"
        yield "discord_shard_ids", f"DISCORD_SHARD_IDS has {shards[-1]}: {what}"


def _clashing_ports(settings: Settings) -> Iterable[tuple[str, str]]:
    port = settings.slack_http_port
    has_port = settings.slack_listens_over_http or settings.slack_client_id is not None
    if has_port and {"slack", "web"} <= set(settings.platforms) and port == settings.bot_http_port != 0:
        what = f"SLACK_HTTP_PORT is {port}, and so is BOT_HTTP_PORT, where the playground listens"
        yield "slack_http_port", f"{what}: write another port for one of them"


def _without_effect(settings: Settings) -> tuple[str, ...]:
    """One sentence where something of Slack is set, but not what starts it, and nobody chose so."""
    given = [name for name in _SLACK_PARTS if getattr(settings, name) is not None]
    if not given or "slack" in settings.platforms or settings.bot_platforms:
        return ()
    lacking = "SLACK_BOT_TOKEN is missing (or SLACK_CLIENT_ID, for many workspaces)"
    return (f"{given[0].upper()} is set, but {lacking}: the bot does not start on Slack",)


def _warnings(names: Iterable[str]) -> tuple[str, ...]:
    """One sentence for each of `names` that looks like a setting and is none."""
    known = [name.upper() for name in Settings.model_fields]
    warnings = []
    for name in sorted(set(names)):
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6 if name.startswith("BOT_") else 0.85)
        # Other programs have variables that begin like ours; one that is nearly ours is a slip.
        if name not in known and (name.startswith("BOT_") or (name.startswith(_OURS) and nearest)):
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            warnings.append(f"{name} is no setting of mine and is not read{hint}")
    return tuple(warnings)
