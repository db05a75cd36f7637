"""Logging: one line an event on standard error, with every secret's value masked wherever it turns up.

Knows no settings: the secrets and the level are given. Message text is kept out of logs by those who log.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

MASK = "***"
QUIET = {
    "aiohttp.access": logging.WARNING,
    "alembic": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncio": logging.WARNING,
}
"""Libraries that would speak for every request or statement, some of them with its parameters."""


class MaskingFormatter(logging.Formatter):
    """Formats a record and replaces the secrets in the whole of it, traceback included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """One record as text, secrets masked."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, MASK)
        return line


def configure(level: str, secrets: Iterable[str]) -> None:
    """Send all logging to standard error at `level`, masking `secrets`. Replaces earlier handlers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, quiet_level in QUIET.items():
        logging.getLogger(name).setLevel(max(quiet_level, logging.getLevelName(level)))
