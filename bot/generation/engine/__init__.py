"""The engine: everything between a prompt and its text that needs torch or transformers.

Only it (and `bot.training`) imports those libraries, and this file imports nothing, so that naming the
package costs nothing: `load` and `Engine` are fetched when they are first asked for.
It must not know platforms, conversations or asyncio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.generation.engine.engine import Engine as Engine
    from bot.generation.engine.loading import load as load

_HOMES = {"Engine": "bot.generation.engine.engine", "load": "bot.generation.engine.loading"}


def __getattr__(name: str) -> object:
    """`Engine` and `load`, imported late: they bring torch with them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
