"""The map of the adapter, at the top of its folder, knows every module."""

from __future__ import annotations

import re
from pathlib import Path

from bot.platforms import slack


def test_every_module_is_on_the_map_and_nothing_else() -> None:
    named = set(re.findall(r"`(\w+)`", slack.__doc__ or "")) - {"ts"}
    modules = {file.stem for file in Path(slack.__file__).parent.glob("*.py")} - {"__init__"}
    assert named == modules
