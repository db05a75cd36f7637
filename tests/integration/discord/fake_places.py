"""Where things happen on the fake Discord, and who may do what there: channels, threads, direct talks.

Permissions: https://discord.com/developers/docs/topics/permissions
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload

ADD_REACTIONS, VIEW_CHANNEL, SEND_MESSAGES = 1 << 6, 1 << 10, 1 << 11
MANAGE_CHANNELS, MANAGE_MESSAGES = 1 << 4, 1 << 13
ATTACH_FILES, READ_MESSAGE_HISTORY, SEND_IN_THREADS = 1 << 15, 1 << 16, 1 << 38


@dataclass(eq=False)
class Place:
    """A channel, a thread or a direct conversation, with its messages by id.

    `hidden` are messages that one person alone sees. `denied` maps people's ids to permissions that they do
    not have here; in a thread that of its `parent` holds. `members` are the people of a private
    thread, `person` is whose direct conversation this is.
    """

    id: int
    guild_id: int | None = None
    name: str = "elsewhere"
    messages: dict[int, Payload] = field(default_factory=dict)
    hidden: dict[int, Payload] = field(default_factory=dict)
    nsfw: bool = False
    parent: Place | None = None
    is_private: bool = False
    members: set[str] = field(default_factory=set)
    person: str = ""
    denied: dict[str, int] = field(default_factory=dict)

    @property
    def seen(self) -> dict[int, Payload]:
        """All messages, those for one person too."""
        return self.messages | self.hidden

    @property
    def is_group(self) -> bool:
        """Whether people talk here among themselves, outside of servers."""
        return self.guild_id is None and not self.person

    def denied_to(self, person: Payload) -> int:
        """The permissions that a person does not have here, as bits."""
        own = self.parent.denied_to(person) if self.parent else 0
        return own | self.denied.get(person["id"], 0)

    def described(self, owner: Payload) -> Payload:
        """The place as Discord describes it; `owner` opened its threads."""
        last = {"last_message_id": str(max(self.messages)) if self.messages else None}
        if self.parent is not None and self.guild_id is not None:
            thread = payloads.thread_channel(
                self.id, self.name, self.guild_id, self.parent.id, int(owner["id"])
            )
            return thread | last | {"type": 12 if self.is_private else 11}
        if self.is_group:
            group = {"id": str(self.id), "type": 3, "name": None, "icon": None, "recipients": [owner]}
            return group | last | {"owner_id": owner["id"]}
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1, "recipients": [owner], **last}
        denied = {int(who): what for who, what in self.denied.items()}
        return payloads.text_channel(self.id, self.name, denied, nsfw=self.nsfw) | last


@dataclass
class Interaction:
    """What a person did with one of the bot's own surfaces.

    `original_id` is the bot's first answer, or the message whose button was pressed; `told_ids` are all
    messages that were made through the token. `choices` are what was suggested while the person typed.
    """

    id: int
    token: str
    author: Payload
    place: Place
    given_at_s: float
    kind: int = 2
    message_id: int | None = None
    original_id: int | None = None
    is_answered: bool = False
    is_expired: bool = False
    told_ids: list[int] = field(default_factory=list)
    choices: asyncio.Future[list[dict[str, Any]]] | None = None

    @property
    def told(self) -> list[Payload]:
        """The messages that the bot made in answer to this, as they read now."""
        return [self.place.seen[key] for key in self.told_ids if key in self.place.seen]
