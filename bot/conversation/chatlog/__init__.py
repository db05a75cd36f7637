"""Reads exported chat logs: plain text, JSON lines, Slack exports (file or zip), DiscordChatExporter JSON.

Pure: bytes in, records out; the format is told from the content. Knows the shapes of exports, nothing about
storage or models. Whatever cannot be read is a CommandError that says what can.
"""

from bot.conversation.chatlog.log import MAX_MESSAGES, START_OF_UNDATED, LogMessage, to_incoming
from bot.conversation.chatlog.parsing import parse_log

__all__ = ["MAX_MESSAGES", "START_OF_UNDATED", "LogMessage", "parse_log", "to_incoming"]
