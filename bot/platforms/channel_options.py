"""Channels as options of typed commands: people see a name, and the bot needs the id. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.messages import Command

_MENTION = re.compile(r"<#[^<>\s]+>")


def with_channels(command: Command | None, raw: Command | None) -> Command | None:
    """A command whose options are channels, and nothing else, as `raw` has them: the same line as the
    platform delivered it, with mentions instead of names."""
    if command is None or raw is None:
        return command
    channels = {name: value for name, value in raw.options.items() if _MENTION.fullmatch(value)}
    return replace(command, options={**command.options, **channels})
