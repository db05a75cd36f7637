"""Access: where else a person may read, as their platform says at the time of asking.

A port that platforms implement. Whoever may not read a place is told the same as if there were none.
"""

from __future__ import annotations

from typing import Protocol

from bot.messages import ConversationKey


class Access(Protocol):
    """What a platform knows of who may read what."""

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        """The conversation that `wanted` names (a mention, a link to a channel or to one of its messages, an
        id), if the person, asking from `here`, and the bot may both read all of it; else None."""
