"""Numbers in the words of the bot, which are English, and in those of people."""

from __future__ import annotations

MAX_NUMBER = 999_999_999
"""Nobody means a greater one."""


def counted(count: int, thing: str) -> str:
    """A number and its thing, in the plural where it is not one: `1 message`, `2 messages`."""
    return f"{count:,} {thing}" + "s" * (count != 1)


def whole_number(text: str, most: int = MAX_NUMBER) -> int | None:
    """The number from 1 to `most` that `text` is, with or without commas; None for anything else."""
    digits = text.strip().replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MAX_NUMBER))):
        return None
    return int(digits) if 1 <= int(digits) <= most else None
