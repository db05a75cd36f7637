"""`python -m bot models`: which models this machine has, and which one would run."""

from __future__ import annotations

from bot.config import Settings, environment
from bot.errors import ConfigError
from bot.generation.catalog import FoundModel, choose, default_hub_cache, found_models
from bot.generation.memory import available_memory


def table(settings: Settings) -> str:
    """One line a model, best first, and a last line on what BOT_MODEL means now."""
    memory = available_memory(settings.bot_device)
    hub_cache = default_hub_cache(environment())
    found = found_models(models_dir=settings.bot_models_dir, hub_cache=hub_cache, memory=memory)
    width = max(len(model.name) for model in found)
    lines = [_line(model, width) for model in found]
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
    return "\n".join([*lines, "", f"BOT_MODEL={settings.bot_model}: {verdict}"]) + "\n"


def _line(model: FoundModel, width: int) -> str:
    mark = "ok" if model.fits else "--"
    size = f"{model.parameters / 1e6:8.1f} M  {model.bytes / 1024**3:6.2f} GiB"
    return f"{mark}  {model.name:<{width}}  {size}  {model.reason}"
