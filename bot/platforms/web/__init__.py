"""The local playground: a web page to talk with the bot, on the same road as Discord and Slack."""

from bot.platforms.web.platform import WebPlatform

__all__ = ["WebPlatform"]
