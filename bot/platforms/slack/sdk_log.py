"""The log of Slack's SDK, made fit for an operator: no message texts, no secrets, one line each."""

from __future__ import annotations

import logging
import re

_TICKET = re.compile(r"((?:ticket|app_id)=|/commands/)[^&\s\"')]+")


class _Discretion(logging.Filter):
    """Makes the SDK's lines fit for an operator's log: one line each, without the tickets of connections."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; none is dropped."""
        line = record.getMessage().partition("\n")[0]
        record.msg, record.args = _TICKET.sub(r"\1***", line), ()
        if record.exc_info and record.exc_info[0]:
            record.msg += f" ({record.exc_info[0].__name__})"
            record.exc_info = record.exc_text = None
        return True


SDK_LOG = logging.getLogger("bot.platforms.slack.sdk")
"""The SDK's own log. Below this level it tells whole messages, and that Bolt does not use our token."""
SDK_LOG.setLevel(logging.ERROR)
SDK_LOG.addFilter(_Discretion())
