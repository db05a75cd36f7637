"""Settings: every variable, its type, its default and one line of help.

Nothing else reads the environment. What is wrong is reported all at once, by the variable's name, and
a secret's value is never shown, not even when it is wrong. Only the top of the house (the command
line and `app`) imports this; everything below is handed plain values.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import ConfigError

PlatformName = Literal["discord", "slack", "web"]
Origin = Literal["environment", ".env", "default"]


@dataclass(frozen=True, slots=True)
class Expects:
    """What to write instead, when a value is wrong: the end of the sentence "write ..."."""

    text: str


_USER_INFO = r"([A-Za-z][\w+.-]*:/*)?+(.*)@"
_SHARDS = r"([0-9]{1,5})(?:-([0-9]{1,5}))?"
_HTTP = r"^https?://."
_BEGINNINGS = {"discord_token": "", "slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
_OURS = ("DISCORD_", "SLACK_", "DATABASE_")
_URL = "an address that begins with http:// or https://"


class Settings(BaseSettings):
    """What is in force. Field `bot_http_port` is the variable `BOT_HTTP_PORT`, and so on.

    The constructor takes values only from its arguments; `load` reads the environment and `.env`.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, env_ignore_empty=True, validate_default=True
    )

    discord_token: Annotated[
        SecretStr | None,
        Expects("the bot's token (developer portal, page Bot, Reset Token), and no word before it"),
    ] = Field(
        default=None, min_length=20, description="Discord bot token; setting it starts the bot on Discord."
    )
    discord_api_url: Annotated[str | None, Expects(_URL)] = Field(
        default=None,
        pattern=_HTTP,
        description="Another server than Discord's own, such as a proxy: its API.",
    )
    discord_gateway_url: Annotated[str | None, Expects("an address that begins with ws:// or wss://")] = (
        Field(
            default=None, pattern=r"^wss?://.", description="Another server than Discord's own: its gateway."
        )
    )
    discord_cdn_url: Annotated[str | None, Expects(_URL)] = Field(
        default=None, pattern=_HTTP, description="Another server than Discord's own: its files."
    )
    discord_shard_count: Annotated[int, Expects("a whole number from 0 to 100000")] = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Connections that servers are spread over; 0 takes as many as Discord recommends.",
    )
    discord_shard_ids: Annotated[
        tuple[NonNegativeInt, ...], NoDecode, Expects("numbers from 0 up, such as 0,1 or 0-3")
    ] = Field(
        default=(),
        description="Shards of this process, such as 0-3 (with DISCORD_SHARD_COUNT); empty: all of them.",
    )
    discord_status: Annotated[str, Expects("a text of 1 to 128 characters, or none")] = Field(
        default="/help",
        max_length=128,
        description="What people read below the bot's name on Discord; none shows nothing.",
    )
    slack_bot_token: Annotated[
        SecretStr | None, Expects("the bot token of the Slack app, which begins with xoxb-")
    ] = Field(default=None, description="Slack bot token (xoxb-...); setting it starts the bot on Slack.")
    slack_app_token: Annotated[
        SecretStr | None, Expects("the app-level token of the Slack app, which begins with xapp-")
    ] = Field(default=None, description="Slack app-level token (xapp-...), for Socket Mode.")
    slack_signing_secret: Annotated[
        SecretStr | None, Expects("the signing secret from the Slack app's Basic Information page")
    ] = Field(
        default=None,
        min_length=16,
        description="Slack signing secret; kept for events over HTTP, not used yet.",
    )
    slack_api_url: Annotated[str | None, Expects(_URL)] = Field(
        default=None,
        pattern=_HTTP,
        description="Another server than Slack's own, such as a proxy: its Web API.",
    )
    database_url: Annotated[str, Expects("sqlite+aiosqlite:/// and a file, such as data/parley.db")] = Field(
        default="sqlite+aiosqlite:///data/parley.db",
        pattern=r"^sqlite\+aiosqlite:///.",
        description="Where history is kept: an SQLite file. Unset, it is parley.db in BOT_DATA_DIR.",
    )
    bot_platforms: Annotated[
        tuple[PlatformName, ...], NoDecode, Expects("some of discord, slack, web, with commas between them")
    ] = Field(default=(), description="Platforms to start, with commas; empty: those with a token, else web.")
    bot_name: Annotated[str, Expects("a name of 1 to 32 characters")] = Field(
        default="Parley", min_length=1, max_length=32, description="What the bot calls itself."
    )
    bot_model: Annotated[str, Expects("auto, pocket, a model folder, or a hub id such as org/name")] = Field(
        default="auto",
        min_length=1,
        description="Model: auto (the best on this machine), pocket (bundled), a folder or a hub id.",
    )
    bot_model_revision: Annotated[str | None, Expects("a branch, a tag or a commit hash")] = Field(
        default=None, pattern=r"^[\w./-]+$", description="Revision of a hub model, best as a commit hash."
    )
    bot_translation_model: Annotated[
        str | None,
        Expects("a model folder, or a hub id such as Helsinki-NLP/opus-mt-en-fr, with @revision or not"),
    ] = Field(
        default=None,
        description="Translation model: a folder or a hub id (@revision). Unset, the chat model translates.",
    )
    bot_models_dir: Annotated[Path, Expects("a folder")] = Field(
        default=Path("data/models"), description="Where models are kept. Unset, it is models in BOT_DATA_DIR."
    )
    bot_device: Annotated[Literal["auto", "cpu", "cuda"], Expects("auto, cpu or cuda")] = Field(
        default="auto", description="Where the model runs: auto, cpu or cuda."
    )
    bot_dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"], Expects("auto, float32, bfloat16 or float16")
    ] = Field(default="auto", description="Number format of the weights: auto, float32, bfloat16 or float16.")
    bot_threads: Annotated[int, Expects("a whole number from 0 to 1024")] = Field(
        default=0, ge=0, le=1024, description="Threads of the model; 0 lets the engine choose."
    )
    bot_max_batch: Annotated[int, Expects("a whole number from 1 to 256")] = Field(
        default=16, ge=1, le=256, description="Answers that are generated at the same time."
    )
    bot_queue_limit: Annotated[int, Expects("a whole number from 1 to 100000")] = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Answers that may wait; beyond it people are asked to come back.",
    )
    bot_timeout_s: Annotated[float, Expects("seconds, from 1 to 86400")] = Field(
        default=300.0, ge=1, le=86_400, description="Seconds that one answer may take, waiting included."
    )
    bot_answer_tokens: Annotated[int, Expects("a whole number from 1 to 32768")] = Field(
        default=512, ge=1, le=32_768, description="Longest answer, in the model's tokens."
    )
    bot_system_prompt: Annotated[str, Expects("what the model is told before every conversation")] = Field(
        default="",
        max_length=20_000,
        description="What the model is told before every conversation. Unset, its name and to be brief.",
    )
    bot_language: Annotated[str, Expects("a language code such as en, de or pt-BR")] = Field(
        default="en",
        pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$",
        description="Language of people who chose none.",
    )
    bot_backfill_messages: Annotated[int, Expects("a whole number from 0 to 5000")] = Field(
        default=500,
        ge=0,
        le=5_000,
        description="Messages of a conversation that are read back when the bot missed them; 0 reads none.",
    )
    bot_person_rate: Annotated[int, Expects("a whole number from 0 to 10000")] = Field(
        default=20,
        ge=0,
        le=10_000,
        description="Answers that one person may ask for in a minute; 0 sets no limit.",
    )
    bot_http_host: Annotated[str, Expects("an address of this machine, such as 127.0.0.1")] = Field(
        default="127.0.0.1", min_length=1, description="Address that the playground listens on."
    )
    bot_http_port: Annotated[int, Expects("a port from 0 to 65535")] = Field(
        default=8080, ge=0, le=65_535, description="Port that the playground listens on; 0 takes a free one."
    )
    bot_data_dir: Annotated[Path, Expects("a folder that the bot may write to")] = Field(
        default=Path("data"), description="Folder for what the bot keeps."
    )
    bot_log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Expects("DEBUG, INFO, WARNING or ERROR")
    ] = Field(default="INFO", description="How much is logged: DEBUG, INFO, WARNING or ERROR.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only, so that a test or a tool never picks up a stray environment."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _derive_paths(cls, values: dict[str, object]) -> dict[str, object]:
        data_dir = values.get("bot_data_dir", "data")
        return {
            "database_url": f"sqlite+aiosqlite:///{data_dir}/parley.db",
            "bot_models_dir": f"{data_dir}/models",
            **values,
        }

    @field_validator("bot_platforms", mode="before")
    @classmethod
    def _split_platforms(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip().lower() for name in value.split(",") if name.strip()))

    @field_validator("discord_shard_ids", mode="before")
    @classmethod
    def _split_shards(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [re.fullmatch(_SHARDS, part.strip()) for part in value.split(",")]
        ranges = [range(int(part[1]), int(part[2] or part[1]) + 1) for part in parts if part]
        if len(ranges) < len(parts) or not all(ranges):
            raise ValueError("not numbers and ranges")
        return tuple(sorted({shard for numbers in ranges for shard in numbers}))

    @field_validator("bot_log_level", mode="before")
    @classmethod
    def _upper_level(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("bot_model", "bot_translation_model")
    @classmethod
    def _refuse_address(cls, value: str | None) -> str | None:
        if value is not None and "://" in value:  # refused here, where a password in it is not shown
            raise ValueError("an address, not a hub id")
        return value

    @field_validator(*_BEGINNINGS)
    @classmethod
    def _check_token(cls, value: SecretStr | None, info: object) -> SecretStr | None:
        token = value.get_secret_value() if value is not None else ""
        begins = _BEGINNINGS[getattr(info, "field_name", "")]
        if token and (not token.startswith(begins) or len(token.split()) > 1):
            raise ValueError("wrong kind of token, or more than a token")
        return value

    @property
    def platforms(self) -> tuple[PlatformName, ...]:
        """The platforms to start: those asked for, else those with a token, else the playground."""
        tokens: dict[PlatformName, SecretStr | None] = {
            "discord": self.discord_token,
            "slack": self.slack_bot_token,
        }
        with_token = tuple(name for name, token in tokens.items() if token is not None)
        return self.bot_platforms or with_token or ("web",)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with where each came from, and warnings that stop nothing."""

    settings: Settings
    origins: Mapping[str, Origin]
    warnings: tuple[str, ...] = ()


def load(env_file: Path = Path(".env")) -> LoadedSettings:
    """Read the environment, then `env_file` for what it leaves open. Raises ConfigError with all problems."""
    environment = EnvSettingsSource(Settings, env_ignore_empty=True)
    try:
        dotenv = DotEnvSettingsSource(Settings, env_file=env_file, env_ignore_empty=True)
        from_file = {name: value for name, value in dotenv().items() if name in Settings.model_fields}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{env_file} cannot be read: {type(error).__name__}; write it as UTF-8 text"
        ) from None
    from_environment = environment()
    warnings = _warnings({*os.environ, *(name.upper() for name in dotenv.env_vars)})
    try:
        settings = validate({**from_file, **from_environment})
    except ConfigError as error:  # a misspelt name may be the very cause of a missing value
        told = tuple(f"warning: {warning}" for warning in warnings)
        raise ConfigError(str(error), (*error.problems, *told)) from None
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    origins |= dict.fromkeys(from_file, ".env")
    origins |= dict.fromkeys(from_environment, "environment")
    return LoadedSettings(settings, MappingProxyType(origins), warnings)


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
    for name, problem in (*_missing_tokens(settings), *_wrong_shards(settings)):
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


def _missing_tokens(settings: Settings) -> Iterable[tuple[str, str]]:
    def missing(name: str) -> str:
        return f"{name.upper()} is missing: write {expected(Settings.model_fields[name])}"

    if "discord" in settings.platforms and settings.discord_token is None:
        yield "discord_token", missing("discord_token") + ", or take discord out of BOT_PLATFORMS"
    if "slack" not in settings.platforms:
        return
    if settings.slack_bot_token is None:
        yield "slack_bot_token", missing("slack_bot_token") + ", or take slack out of BOT_PLATFORMS"
    if settings.slack_app_token is None:
        yield "slack_app_token", missing("slack_app_token") + " (Socket Mode is how I hear of events)"


def _wrong_shards(settings: Settings) -> Iterable[tuple[str, str]]:
    count, shards = settings.discord_shard_count, settings.discord_shard_ids
    if shards and not count:
        what = "write how many shards all processes have together, or take DISCORD_SHARD_IDS away"
        yield "discord_shard_count", f"DISCORD_SHARD_COUNT is missing: {what}"
    elif shards and shards[-1] >= count:
        what = f"write numbers below DISCORD_SHARD_COUNT, which is {count}"
        yield "discord_shard_ids", f"DISCORD_SHARD_IDS has {shards[-1]}: {what}"


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
