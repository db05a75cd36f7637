"""The settings themselves: every variable's type, limits, default and one line of help.

What is wrong with a value is said by `config`, which reads the environment; here is only what is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, NonNegativeInt, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PlatformName = Literal["discord", "slack", "web"]


@dataclass(frozen=True, slots=True)
class Expects:
    """What to write instead, when a value is wrong: the end of the sentence "write ..."."""

    text: str


_SHARDS = r"([0-9]{1,5})(?:-([0-9]{1,5}))?"
_HTTP = r"^https?://."
_BEGINNINGS = {"discord_token": "", "slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
_KEY = r"[A-Za-z0-9_-]{43}="
_URL = "an address that begins with http:// or https://"
BARE = "with no user, no ?query and no /slack/events behind it"
"""How an address of the bot's is to be written, behind an example."""


def is_workspace_id(text: str) -> bool:
    """Whether Slack names a workspace (T...), or an Enterprise Grid organisation (E...), like that."""
    return re.fullmatch(r"[TE][A-Z0-9]{2,20}", text) is not None


def is_bare_address(address: str) -> bool:
    """Whether it is a host's address, behind which the bot's own paths (/slack/...) can be put."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:  # a port above 65535, or brackets that do not close
        return False
    has_more = "@" in parts.netloc or bool(re.search(r"[?#\s]", address)) or "slack" in parts.path.split("/")
    return bool(parts.hostname) and port != 0 and not has_more


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
    slack_transport: Annotated[Literal["auto", "socket", "http"], Expects("auto, socket or http")] = Field(
        default="auto",
        description="How Slack's events come: socket, http, or auto (socket where SLACK_APP_TOKEN is set).",
    )
    slack_signing_secret: Annotated[
        SecretStr | None, Expects("the signing secret from the Slack app's Basic Information page")
    ] = Field(
        default=None, min_length=16, description="Slack signing secret, for events and commands over HTTP."
    )
    slack_http_port: Annotated[int, Expects("a port from 0 to 65535")] = Field(
        default=3000,
        ge=0,
        le=65_535,
        description="Port for Slack over HTTP and for install pages, on BOT_HTTP_HOST; not the playground's.",
    )
    slack_public_url: Annotated[str | None, Expects(f"the address that begins with https://, {BARE}")] = (
        Field(
            default=None,
            pattern=_HTTP,
            description="Address at which Slack and browsers reach that port, such as https://bot.example.org.",
        )
    )
    slack_client_id: Annotated[str | None, Expects("the client ID from Basic Information")] = Field(
        default=None,
        pattern=r"^[\w.-]+$",
        description="Slack client ID: lets many workspaces install the bot (OAuth), in place of a bot token.",
    )
    slack_client_secret: Annotated[
        SecretStr | None, Expects("the client secret from the Slack app's Basic Information page")
    ] = Field(default=None, min_length=16, description="Slack client secret, for OAuth installs.")
    slack_allowed_workspaces: Annotated[
        tuple[str, ...], NoDecode, Expects("ids that begin with T or E, such as T0123456789, with commas")
    ] = Field(
        default=(),
        description="Workspaces and organisations that may install the bot, by id, with commas; empty: any.",
    )
    slack_token_key: Annotated[SecretStr | None, Expects("a key that `python -m bot slack key` makes")] = (
        Field(
            default=None,
            min_length=32,
            description="Key that seals the tokens of OAuth installs; older keys behind commas.",
        )
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
        default="127.0.0.1",
        min_length=1,
        description="Address that the playground and the port for Slack listen on.",
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

    @field_validator("slack_allowed_workspaces", mode="before")
    @classmethod
    def _split_workspaces(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = tuple(dict.fromkeys(one.strip() for one in value.split(",") if one.strip()))
        if not ids or not all(is_workspace_id(one) for one in ids):
            raise ValueError("not ids of workspaces")
        return ids

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

    @field_validator("slack_public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is not None and not is_bare_address(value):
            raise ValueError("no address to which paths can be added")
        return value

    @field_validator("slack_token_key")
    @classmethod
    def _check_keys(cls, value: SecretStr | None) -> SecretStr | None:
        keys = value.get_secret_value().split(",") if value is not None else []
        if not all(re.fullmatch(_KEY, key.strip()) for key in keys):
            raise ValueError("no keys")
        return value

    @property
    def platforms(self) -> tuple[PlatformName, ...]:
        """The platforms to start: those asked for, else those with a token, else the playground."""
        tokens: dict[PlatformName, object] = {
            "discord": self.discord_token,
            "slack": self.slack_bot_token or self.slack_client_id,
        }
        with_token = tuple(name for name, token in tokens.items() if token is not None)
        return self.bot_platforms or with_token or ("web",)

    @property
    def slack_listens_over_http(self) -> bool:
        """Whether Slack's events come over HTTP: asked for, or there is no token for Socket Mode."""
        if self.slack_transport == "auto":
            return self.slack_app_token is None and self.slack_signing_secret is not None
        return self.slack_transport == "http"
