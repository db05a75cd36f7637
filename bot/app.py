"""The composition root: the one place that names concrete classes. Start, drain, stop.

Everything else is given its parts by constructor; nothing here decides what the bot says.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot import logs
from bot.config import environment
from bot.conversation.access import Access
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.digesting import Digesting
from bot.conversation.manager import ConversationManager
from bot.conversation.memory.remembering import Remembering
from bot.conversation.translator import TranslationModel
from bot.errors import ConfigError, ModelLoadError
from bot.generation.catalog import (
    ModelChoice,
    choose,
    choose_translation,
    default_hub_cache,
    why_no_room,
)
from bot.generation.lazy import LazyGenerator
from bot.generation.memory import available_memory
from bot.generation.process import ENGINE_MODULE, TRANSLATION_MODULE
from bot.generation.types import TextGenerator
from bot.generation.worker import GenerationWorker
from bot.platforms.base import Platform
from bot.platforms.delivery import serve
from bot.settings import PlatformName, Settings
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

if TYPE_CHECKING:
    from bot.platforms.slack import Http, OAuth

log = logging.getLogger(__name__)

DRAIN_S = 8.0
"""Seconds that answers being made get to finish after a request to stop."""

RELEASE_S = 1.0
"""Seconds that platforms then get for their last call, before it is cancelled."""


@dataclass(frozen=True, slots=True)
class House:
    """What every platform stands on."""

    store: HistoryStore
    generator: TextGenerator
    answerer: Answerer
    manager: ConversationManager


async def run(settings: Settings) -> None:
    """Run every platform that the settings ask for, until SIGINT or SIGTERM; then drain and stop."""
    configure_logging(settings)
    async with open_house(settings, settings.platforms, settings.bot_person_rate) as house:
        platforms = [_platform(name, settings, house) for name in settings.platforms]
        await _run_platforms(platforms, house)


async def run_terminal(settings: Settings) -> None:
    """The interactive chat in this terminal, on the same road as every platform."""
    configure_logging(settings, quiet=True)
    from bot.platforms.terminal import TerminalPlatform

    async with open_house(settings, ("terminal",)) as house:
        platform = TerminalPlatform(
            bot_name=settings.bot_name, history_file=settings.bot_data_dir / "history"
        )
        await _run_platforms([platform], house)


def configure_logging(settings: Settings, quiet: bool = False) -> None:
    """Log to standard error at the level asked for; `quiet` keeps a conversation in the terminal readable."""
    values = (getattr(settings, name) for name in Settings.model_fields)
    secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    level = "ERROR" if quiet and settings.bot_log_level == "INFO" else settings.bot_log_level
    logs.configure(level, secrets)


def build_generator(settings: Settings) -> TextGenerator:
    """The generation worker for the model that the settings choose. Raises ConfigError for a wrong one."""
    surroundings = environment()
    model = choose(
        settings.bot_model,
        revision=settings.bot_model_revision,
        models_dir=settings.bot_models_dir,
        hub_cache=default_hub_cache(surroundings),
        device=settings.bot_device,
    )
    log.info("model %s: %s", model.name, model.reason)
    return _worker(settings, model)


def build_translation(settings: Settings) -> TranslationModel | None:
    """The translation model that the settings name, which is loaded when it is first wanted; None where the
    chat model translates. Raises ConfigError for a wrong one."""
    if settings.bot_translation_model is None:
        return None
    model = choose_translation(settings.bot_translation_model, models_dir=settings.bot_models_dir)

    def make() -> GenerationWorker:
        """Raises ModelLoadError where what the chat model has left is too little."""
        lack = model.folder and why_no_room(model.folder, available_memory(settings.bot_device))
        if lack:
            log.error("translation model %s cannot be loaded: it %s", model.name, lack)
            raise ModelLoadError(f"translation model {model.name} {lack}")
        return _worker(settings, model, TRANSLATION_MODULE)

    return TranslationModel(model.name, LazyGenerator(make))


def _worker(settings: Settings, model: ModelChoice, engine_module: str = ENGINE_MODULE) -> GenerationWorker:
    return GenerationWorker(
        model,
        environment=environment(),
        pins_file=settings.bot_models_dir / "pins.json",
        max_batch=settings.bot_max_batch,
        queue_limit=settings.bot_queue_limit,
        device=settings.bot_device,
        dtype=settings.bot_dtype,
        threads=settings.bot_threads or None,
        engine_module=engine_module,
    )


@asynccontextmanager
async def translation_model(settings: Settings) -> AsyncIterator[TranslationModel | None]:
    """What `build_translation` gives, closed again at the end."""
    translation = build_translation(settings)
    try:
        yield translation
    finally:
        if translation is not None:
            await translation.generator.close()


def answer_policy(settings: Settings) -> AnswerPolicy:
    """How the bot answers, by the settings."""
    return AnswerPolicy(
        bot_name=settings.bot_name,
        system_prompt=settings.bot_system_prompt,
        answer_tokens=settings.bot_answer_tokens,
        timeout_s=settings.bot_timeout_s,
        language=settings.bot_language,
    )


@asynccontextmanager
async def open_house(
    settings: Settings, platforms: Iterable[str], person_rate: int = 0
) -> AsyncIterator[House]:
    """Database migrated and open, model loading, manager ready; all of it closed again at the end.
    `person_rate` as for ConversationManager."""
    try:
        settings.bot_data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable_data_dir(settings, error) from None
    platforms = tuple(platforms)
    async with AsyncExitStack() as resources:
        for name in platforms:
            resources.enter_context(only_instance(settings, name))
        generator = build_generator(settings)
        translation = await resources.enter_async_context(translation_model(settings))
        await asyncio.to_thread(upgrade, settings.database_url)
        store = HistoryStore(settings.database_url)
        answerer = Answerer(store, generator, answer_policy(settings), translation=translation)
        remembering = Remembering(store, generator, lambda: manager.is_idle)
        manager = ConversationManager(
            store, generator, answerer, settings.bot_name, remembering.noticed, person_rate
        )
        digesting = Digesting(store, manager.accept, platforms, settings.bot_name)
        manager.watch_settled(digesting.settled)
        await generator.start()
        try:
            async with remembering.running(), digesting.running():
                yield House(store, generator, answerer, manager)
        finally:
            await generator.close()
            await store.close()


@contextmanager
def only_instance(settings: Settings, platform: str) -> Iterator[None]:
    """Hold one platform of a data folder for this process: two bots there would answer everything twice."""
    try:
        settings.bot_data_dir.mkdir(parents=True, exist_ok=True)
        file = (settings.bot_data_dir / f"{platform}.lock").open("w")
    except OSError as error:
        raise unusable_data_dir(settings, error) from None
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"another Parley is running for {platform} in {settings.bot_data_dir}: "
                "stop it, or set BOT_DATA_DIR to another folder"
            ) from None
        yield


def unusable_data_dir(settings: Settings, error: OSError) -> ConfigError:
    """What to say of a data folder that cannot be made or written to."""
    is_file = isinstance(error, FileExistsError | NotADirectoryError)
    reason = "a file is in its place" if is_file else error.strerror or type(error).__name__
    return ConfigError(
        f"BOT_DATA_DIR={settings.bot_data_dir} cannot be made or written to ({reason}): "
        "set it to a folder that the bot may write to"
    )


def _platform(name: PlatformName, settings: Settings, house: House) -> Platform:
    """One platform by its name; its SDK is imported only here, when it is wanted."""
    if name == "discord":
        from bot.platforms.discord import DiscordPlatform

        return DiscordPlatform(
            plain(settings.discord_token),
            bot_name=settings.bot_name,
            api_url=settings.discord_api_url,
            gateway_url=settings.discord_gateway_url,
            cdn_url=settings.discord_cdn_url,
            shard_count=settings.discord_shard_count,
            shard_ids=settings.discord_shard_ids,
            status=None if settings.discord_status == "none" else settings.discord_status,
            backfill_messages=settings.bot_backfill_messages,
        )
    if name == "slack":
        from bot.platforms.slack import SlackPlatform

        return SlackPlatform(
            plain(settings.slack_bot_token),
            store=house.store,
            bot_name=settings.bot_name,
            app_token=plain(settings.slack_app_token) or None,
            http=slack_http(settings),
            oauth=slack_oauth(settings),
            api_url=settings.slack_api_url,
            backfill_messages=settings.bot_backfill_messages,
        )
    from bot.platforms.web import WebPlatform

    return WebPlatform(
        host=settings.bot_http_host,
        port=settings.bot_http_port,
        bot_name=settings.bot_name,
        data_dir=settings.bot_data_dir,
        health=house.store.check,
    )


def slack_http(settings: Settings) -> Http | None:
    """Where Slack's events come in over HTTP; None where they come by Socket Mode."""
    from bot.platforms.slack import Http

    if not settings.slack_listens_over_http:
        return None
    secret = plain(settings.slack_signing_secret)
    return Http(settings.bot_http_host, settings.slack_http_port, secret)


def slack_oauth(settings: Settings) -> OAuth | None:
    """How many workspaces install the bot; None where it has the token of one."""
    from bot.platforms.slack import OAuth

    if settings.slack_client_id is None:
        return None
    keys = tuple(plain(settings.slack_token_key).replace(" ", "").split(","))
    secret, url = plain(settings.slack_client_secret), settings.slack_public_url or ""
    host, port = settings.bot_http_host, settings.slack_http_port
    allowed = frozenset(settings.slack_allowed_workspaces)
    return OAuth(settings.slack_client_id, secret, keys, url, host, port, allowed)


def plain(value: SecretStr | None) -> str:
    """A secret to be handed on; empty where none is set."""
    return value.get_secret_value() if value is not None else ""


async def _run_platforms(platforms: list[Platform], house: House) -> None:
    """Run until a signal, or until all platforms ended by themselves; then drain."""
    for platform in platforms:
        house.answerer.permalinks[platform.name] = platform.permalink
        if isinstance(platform, Access):
            house.answerer.access[platform.name] = platform
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with asyncio.TaskGroup() as group:
        serving = [group.create_task(serve(house.manager, platform)) for platform in platforms]
        running = [group.create_task(platform.run(house.manager)) for platform in platforms]
        watching = group.create_task(_watch_model(house.generator))
        await _first(stopping, running)
        log.info("stopping: up to %.0f s for answers that are being made", DRAIN_S)
        await house.manager.drain(DRAIN_S)
        _, stuck = await asyncio.wait(serving, timeout=RELEASE_S)
        for task in stuck:  # a platform that answers nothing; what it was to show waits for the next start
            task.cancel()
        for platform in platforms:
            await platform.close()
        for task in (*running, watching):
            task.cancel()


async def _first(stopping: asyncio.Event, running: list[asyncio.Task[None]]) -> None:
    """Wait for the request to stop, or for the end of every platform."""
    asked = asyncio.ensure_future(stopping.wait())
    try:
        while not asked.done() and (pending := [task for task in running if not task.done()]):
            await asyncio.wait([asked, *pending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()


async def _watch_model(generator: TextGenerator) -> None:
    """Tell the operator when the model is ready, or why it is not."""
    try:
        info = await generator.ready()
    except ModelLoadError:
        return  # the worker has said why
    log.info(
        "model %s is ready: %.1f M parameters, %s on %s, context of %d tokens",
        info.name,
        info.parameters / 1e6,
        info.dtype,
        info.device,
        info.context_window,
    )
