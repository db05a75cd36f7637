"""Discord: the adapter to discord.py, and the only importer of it."""

from bot.platforms.discord.platform import DiscordPlatform

__all__ = ["DiscordPlatform"]
