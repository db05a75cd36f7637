"""Sealing: tokens are kept in the database as ciphertext, so that a copy of it opens no workspace.

The first key seals; the others open what was sealed before they were replaced. Knows no tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, Text, TypeDecorator

from bot.errors import ConfigError

_HOW = "`python -m bot slack key` makes one; write older keys behind it, with commas between them"


def new_key() -> str:
    """A key for SLACK_TOKEN_KEY."""
    return Fernet.generate_key().decode()


class Sealing:
    """Seals and opens with the keys of SLACK_TOKEN_KEY. Raises ConfigError for what is no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise ConfigError(f"SLACK_TOKEN_KEY is not right: {_HOW}") from None
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def seal(self, text: str) -> str:
        """The text as ciphertext."""
        return self._all.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises ConfigError when none of the keys is the one that sealed it."""
        try:
            return self._all.decrypt(sealed).decode()
        except InvalidToken:
            raise ConfigError(
                "SLACK_TOKEN_KEY does not open the tokens of the workspaces that installed the bot: write "
                "the key that sealed them behind the new one, with a comma between them. Where it is lost, "
                "`python -m bot slack forget-tokens` lets them install the bot anew"
            ) from None

    def is_up_to_date(self, sealed: str) -> bool:
        """Whether the first key sealed it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True


class SealedText(TypeDecorator[str]):
    """A column whose text is sealed in the database. Reading it raises ConfigError where no key opens it."""

    impl = Text
    cache_ok = False

    def __init__(self, sealing: Sealing) -> None:
        super().__init__()
        self._sealing = sealing

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text sealed."""
        return None if value is None else self._sealing.seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Text opened."""
        return None if value is None else self._sealing.open(value)

    def copy(self, **options: object) -> SealedText:
        """The same type, as SQLAlchemy asks where it adapts it."""
        return SealedText(self._sealing)
