"""Discord: the adapter to discord.py, and the only importer of it."""

from bot.platforms.discord.connection import Endpoints
from bot.platforms.discord.diagnosis import diagnose
from bot.platforms.discord.platform import DiscordPlatform

__all__ = ["DiscordPlatform", "Endpoints", "diagnose"]
