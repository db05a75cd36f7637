"""The log of Slack's SDK, made fit for an operator: no message texts, no secrets, one line each."""

from __future__ import annotations

import logging
import re

from bot.platforms.recently import Recently

_TICKET = re.compile(r"((?:ticket|app_id)=|/commands/)[^&\s\"')]+")
_CONNECTION = ("Failed to receive or enqueue a message", "Failed to check the current session")
_CLOSING = "Cannot write to closing transport"
"""Said of every connection that ends, also of one that is closed on purpose."""
_NUMBER = re.compile(r"\d+")


class _Discretion(logging.Filter):
    """Makes the SDK's lines fit for an operator's log: one line each, without the tickets of connections, and
    the same about connections once an hour. That one stays away the bot says itself."""

    def __init__(self) -> None:
        super().__init__()
        self._told = Recently()

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; whether it is to be logged."""
        line = record.getMessage().partition("\n")[0]
        record.msg, record.args = _TICKET.sub(r"\1***", line), ()
        if record.exc_info and record.exc_info[0]:
            record.msg += f" ({record.exc_info[0].__name__})"
            record.exc_info = record.exc_text = None
        if _CLOSING in line:
            record.levelno, record.levelname = logging.INFO, "INFO"
        is_of_connection = _CLOSING in line or line.startswith(_CONNECTION)
        return not is_of_connection or self._told.is_news(_NUMBER.sub("", record.msg))


SDK_LOG = logging.getLogger("bot.platforms.slack.sdk")
"""The SDK's own log. Below this level it tells whole messages, and that Bolt does not use our token."""
SDK_LOG.setLevel(logging.ERROR)
SDK_LOG.addFilter(_Discretion())
