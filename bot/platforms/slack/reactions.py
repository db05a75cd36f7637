"""Flags under messages in Slack, told to the manager: each asks for a translation, once a message and
language.

The translation stands in the message's thread, for everybody. It decides nothing about answers; a flag that
cannot be followed is passed over in silence.
"""

from __future__ import annotations

import asyncio
import re

from bot.conversation.manager import ConversationManager
from bot.conversation.menus import language_of_flag
from bot.conversation.tasks.translate import BY_FLAG
from bot.conversation.text.languages import Language
from bot.errors import PlatformError
from bot.messages import Command, ConversationKey, IncomingMessage
from bot.platforms.backfill import UnreadableError
from bot.platforms.event_order import EventOrder
from bot.platforms.slack.events import Events
from bot.platforms.slack.given import to_message
from bot.platforms.slack.incoming import DIRECT, PLATFORM
from bot.platforms.slack.pages import Pages
from bot.platforms.slack.payloads import Payload, part, text
from bot.platforms.slack.remembering import remembered
from bot.platforms.slack.workspaces import Workspace

LOOK_S = 1.5
"""How long Slack may take to give a message that memory does not know: the event is to be acknowledged."""

_SHORT = ("cn", "de", "es", "fr", "gb", "it", "jp", "kr", "ru", "uk", "us")
"""Flags whose names in Slack are those of their countries alone."""
_FLAG = re.compile(r"flag-([a-z]{2})")
_PARTS = ("flag-england", "flag-scotland", "flag-wales")
_LETTER_A = 0x1F1E6


class Reactions:
    """Takes reactions. `order` is shared with the listener."""

    def __init__(self, manager: ConversationManager, order: EventOrder[str]) -> None:
        self._manager = manager
        self._pages = Pages()
        self._order = order

    def listen(self, events: Events) -> None:
        """Be told of every reaction."""
        events.listen("reaction_added", self.added)

    async def added(self, workspace: Workspace, body: Payload) -> None:
        """Have a message translated into the language of a flag that a person put under it. Raises
        StorageError, and PlatformError where Slack is to tell of it again."""
        event = part(body, "event")
        item, user = part(event, "item"), text(event, "user")
        language = language_of(text(event, "reaction"))
        ts, channel_id = text(item, "ts"), text(item, "channel")
        if language is None or not ts or not channel_id or user == workspace.me.user_id:
            return
        channel = ConversationKey(PLATFORM, workspace.id, channel_id)
        await workspace.names.of({user})
        if workspace.names.person(user).is_bot or not await self._is_wanted(channel):
            return
        async with self._order.turn(channel_id):
            root = await self._manager.past.thread_of(channel, ts)
        if root is None:
            root = await self._found(workspace, channel_id, ts)
        if root is not None:
            async with self._order.turn(channel_id):
                await self._manager.accept(_wish(workspace, channel_id, root, ts, user, language))

    async def _found(self, workspace: Workspace, channel_id: str, ts: str) -> str | None:
        """The thread of a message that memory did not know and now does, as in `thread_of`. Raises
        PlatformError where Slack does not say in time."""
        until = asyncio.get_running_loop().time() + LOOK_S
        try:
            async with asyncio.timeout(LOOK_S):
                message = await self._pages.message(workspace, channel_id, ts, ts, until=until)
        except UnreadableError:
            return None
        except TimeoutError:
            raise PlatformError("Slack did not say in time under what a flag was put") from None
        if message is None:
            return None
        known = await remembered(workspace, channel_id, [message])
        await self._manager.import_messages(known)
        return (text(message, "thread_ts") or ts) if known else None

    async def _is_wanted(self, key: ConversationKey) -> bool:
        rules = await self._manager.rules.of(key)
        return rules.flags and (rules.speak != "off" or key.channel_id.startswith(DIRECT))


def language_of(name: str) -> Language | None:
    """The language of the flag that an emoji is, by Slack's name for it; None for any other emoji."""
    found = _FLAG.fullmatch(name)
    country = found[1] if found else name if name in _SHORT else "gb" if name in _PARTS else ""
    country = {"uk": "gb"}.get(country, country)
    return language_of_flag("".join(chr(_LETTER_A + ord(letter) - ord("a")) for letter in country))


def _wish(
    workspace: Workspace, channel_id: str, root: str, ts: str, user: str, language: Language
) -> IncomingMessage:
    """The command that a flag stands for. Its id makes it the same whoever puts that flag there."""
    key = ConversationKey(PLATFORM, workspace.id, channel_id, root)
    command = Command("translate", {"message": ts, "to": language.code, "show": "all"})
    event_id = f"{BY_FLAG}{channel_id}:{ts}:{language.code}"
    return to_message(command, key, event_id, user, workspace.names.person(user), reply_to=ts)
