"""`python -m bot models`: which models this machine has, and which ones would run."""

from __future__ import annotations

from bot.config import environment
from bot.errors import ConfigError
from bot.generation.catalog import FoundModel, choose, choose_translation, default_hub_cache, found_models
from bot.generation.memory import available_memory
from bot.settings import Settings


def table(settings: Settings) -> str:
    """One line a model, best first, translation models apart, and what the settings mean now."""
    memory = available_memory(settings.bot_device)
    hub_cache = default_hub_cache(environment())
    found = found_models(models_dir=settings.bot_models_dir, hub_cache=hub_cache, memory=memory)
    width = max(len(model.name) for model in found)
    lines = [_line(model, width) for model in found if not model.is_seq2seq]
    translating = [_line(model, width) for model in found if model.is_seq2seq]
    if translating:
        lines += ["", "for BOT_TRANSLATION_MODEL:", *translating]
    try:
        choice = choose(
            settings.bot_model,
            revision=settings.bot_model_revision,
            models_dir=settings.bot_models_dir,
            hub_cache=hub_cache,
            memory=memory,
        )
        verdict = f"{choice.name} ({choice.reason})"
    except ConfigError as error:
        verdict = str(error)
    verdicts = [f"BOT_MODEL={settings.bot_model}: {verdict}", _translation(settings)]
    return "\n".join([*lines, "", *verdicts]) + "\n"


def _translation(settings: Settings) -> str:
    setting = settings.bot_translation_model
    if setting is None:
        return "BOT_TRANSLATION_MODEL is not set: the chat model translates"
    try:
        choice = choose_translation(setting, models_dir=settings.bot_models_dir)
    except ConfigError as error:
        return str(error)
    return f"BOT_TRANSLATION_MODEL={setting}: {choice.name}"


def _line(model: FoundModel, width: int) -> str:
    mark = "ok" if model.fits else "--"
    size = f"{model.parameters / 1e6:8.1f} M  {model.bytes / 1024**3:6.2f} GiB"
    return f"{mark}  {model.name:<{width}}  {size}  {model.reason}"
