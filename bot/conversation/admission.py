"""Admission: what the bot takes in of what a platform tells it, before anything is written down.

A message may be let in as it is, let in as one that is not to be answered, or not at all; with one too many
of a person comes the notice that tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.bridges import Bridges
from bot.conversation.rate import PersonRate
from bot.conversation.summaries.scope import ids_in
from bot.messages import ConversationKey, IncomingMessage
from bot.storage.inbox import ABOUT
from bot.storage.store import HistoryStore


class Admission:
    """Decides on each message that arrives."""

    def __init__(self, bridges: Bridges, store: HistoryStore, rate: PersonRate) -> None:
        self._bridges = bridges
        self._store = store
        self._rate = rate
        # Who wants to be left out of memory, by platform and workspace.
        self._absent: dict[tuple[str, str], frozenset[str]] = {}
        self._changes = 0
        store.watch_settings(self._forget)

    async def admit(self, message: IncomingMessage) -> list[IncomingMessage]:
        """What is to be taken, in order; nothing where nothing of it may be kept. Raises StorageError."""
        if message.is_addressed and await self._bridges.is_to_bridge(message):
            message = replace(message, is_addressed=False)
        return [
            _with_id(one)
            for one in self._rate.taken(message)
            if one.is_addressed or not await self.is_absent(one)
        ]

    async def admit_past(self, past: Sequence[IncomingMessage]) -> list[IncomingMessage]:
        """The past messages that may be remembered. Raises StorageError."""
        return [message for message in past if not await self.is_absent(message)]

    async def is_absent(self, message: IncomingMessage) -> bool:
        """Whether the author wants nothing remembered but what they say to the bot."""
        place = message.conversation.platform, message.conversation.workspace_id
        absent = self._absent.get(place)
        if absent is None:
            seen = self._changes
            absent = await self._store.people.opted_out(message.conversation)
            if seen == self._changes:
                self._absent[place] = absent
        return message.author.id in absent

    def _forget(self, key: ConversationKey) -> None:
        """A setting changed: it may be this one."""
        self._changes += 1
        self._absent.pop((key.platform, key.workspace_id), None)


def _with_id(message: IncomingMessage) -> IncomingMessage:
    """A command about a message that people named by its link, with that message's id."""
    command = message.command
    if command is None or ABOUT not in command.options:
        return message
    named = ids_in(command.options[ABOUT])
    options = {**command.options, ABOUT: named[-1]} if named else command.options
    return replace(message, command=replace(command, options=options))
