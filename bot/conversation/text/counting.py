"""Numbers of things in words. Knows English only: the bot's own words are English."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """A number and its thing, in the plural where it is not one: `1 message`, `2 messages`."""
    return f"{count:,} {thing}" + "s" * (count != 1)
