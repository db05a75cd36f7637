"""Buttons: what people press below answers, told to the manager.

discord.py finds them by their custom id, so they live on after a restart. The custom id only says what is
wanted; which answer is meant is looked up by the message that the button stands on.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import discord

from bot.conversation.controls import NOTHING_TO_STOP, UNKNOWN_ANSWER, Asker
from bot.conversation.manager import ConversationManager
from bot.conversation.text.languages import find_language
from bot.errors import BotError, CommandError, PlatformError, where
from bot.messages import DIRECT_WORKSPACE, Command, ConversationKey
from bot.platforms.discord.command_token import CommandToken, OpenCommands, TokenExpiredError
from bot.platforms.discord.incoming import channel_id, from_interaction, language_of
from bot.platforms.discord.outside import find_key_of
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.event_order import EventOrder
from bot.platforms.layout import PREFIX, Post
from bot.platforms.patience import patiently
from bot.storage.inbox import ABOUT

log = logging.getLogger(__name__)

THANKS = "Thank you, I have noted that."
THUMB_TAKEN_BACK = "I have taken back what you said of this answer."
SHARED_ALREADY = "This is shared already."
YOU_MAY_NOT_SHARE = "You may not write in this channel, so I cannot share it here for you."
I_MAY_NOT_SHARE = "I may not write in this channel, so I cannot share it here."
TRANSLATE = "translate"
WRITTEN_DOWN_S = (0.1, 0.4, 1.0)
"""Waits for a post to be written down."""

TEMPLATE = rf"{PREFIX}(?P<action>[a-z]+)"


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed, and the post of the bot's own that it stands on."""

    interaction: discord.Interaction
    key: ConversationKey
    post_id: str

    @property
    def asker(self) -> Asker:
        """Who pressed, and whether they look after the channel and may read it; in a conversation of their
        own everybody does."""
        may = self.interaction.permissions
        is_manager = self.interaction.guild_id is None or may.manage_channels or may.manage_messages
        sees_history = self.key.workspace_id == DIRECT_WORKSPACE or may.read_message_history
        return Asker(str(self.interaction.user.id), is_manager, sees_history)


Deed = Callable[[Press], Awaitable[str | None]]
"""Does what a button is for; a sentence for the person, None where what happens says enough."""

COUNTED = ("regenerate", "continue", TRANSLATE)
"""What makes work like a question does, and counts as one."""


class Buttons:
    """Takes what is pressed. `order` is shared with the listener."""

    def __init__(
        self, manager: ConversationManager, open_commands: OpenCommands, order: EventOrder[int]
    ) -> None:
        self._manager = manager
        self._open_commands = open_commands
        self._order = order
        self._deeds: dict[str, Deed] = {
            "stop": self._stop,
            "regenerate": self._regenerate,
            "continue": self._continue,
            TRANSLATE: self._translate,
            "share": self._share,
            "good": partial(self._judge, is_good=True),
            "bad": partial(self._judge, is_good=False),
        }

    def listen(self, client: discord.Client) -> None:
        """Have the client tell of every button, whenever its message was posted."""
        pressed = self.pressed

        class _Button(discord.ui.DynamicItem[discord.ui.Button[Any]], template=TEMPLATE):
            @classmethod
            async def from_custom_id(
                cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
            ) -> _Button:
                assert isinstance(item, discord.ui.Button)
                return cls(item)

            async def callback(self, interaction: discord.Interaction) -> None:
                await pressed(interaction, self.custom_id.removeprefix(PREFIX))

        client.add_dynamic_items(_Button)

    async def refuse_forged(self, interaction: discord.Interaction) -> None:
        """Answer what names a button that its message, or this version, does not have: discord.py passes over
        it in silence."""
        data: Mapping[str, Any] = interaction.data or {}
        known = set(_custom_ids(interaction.message.components if interaction.message else ()))
        custom_id = str(data.get("custom_id"))
        is_button = custom_id in known and re.fullmatch(TEMPLATE, custom_id)
        if not is_button and await _acknowledge(interaction, is_answered=False):
            await _tell(interaction, UNKNOWN_ANSWER)

    async def pressed(self, interaction: discord.Interaction, action: str) -> None:
        """Acknowledge at once, because Discord waits three seconds only; then do what is asked."""
        if not await _acknowledge(interaction, is_answered=action == TRANSLATE):
            return
        try:
            words = await self._do(interaction, action)
        except BotError as error:
            words = error.user_message
        except Exception as error:
            log.error("button %s: %s", action, where(error))
            words = BotError.default_user_message
        if words is not None:
            await _tell(interaction, words)

    # --- inside ------------------------------------------------------------------------------

    async def _do(self, interaction: discord.Interaction, action: str) -> str | None:
        deed = self._deeds.get(action)
        if deed is None or interaction.message is None or interaction.channel_id is None:
            return UNKNOWN_ANSWER
        key = await find_key_of(interaction)
        post_id = str(interaction.message.id)
        if not await self._knows(key, post_id):
            return UNKNOWN_ANSWER
        if action in COUNTED:
            asked = from_interaction(interaction, key, Command(action))
            if refusal := self._manager.rate.refusal(asked):
                return refusal
        return await deed(Press(interaction, key, post_id))

    async def _knows(self, key: ConversationKey, post_id: str) -> bool:
        """Whether it is a post of an answer here. One that was posted a moment ago may still be unwritten."""
        for wait_s in WRITTEN_DOWN_S:
            if await patiently(lambda: self._manager.controls.knows(key, post_id)):
                return True
            if not self._manager.is_answering(key):
                return False
            await asyncio.sleep(wait_s)
        return False

    async def _stop(self, press: Press) -> str | None:
        is_stopped = await self._manager.stop(press.key, press.asker, press.post_id)
        return None if is_stopped else NOTHING_TO_STOP

    async def _regenerate(self, press: Press) -> None:
        await self._manager.controls.regenerate(press.key, press.asker, press.post_id)

    async def _continue(self, press: Press) -> None:
        await self._manager.controls.go_on(press.key, press.post_id, asker=press.asker)

    async def _translate(self, press: Press) -> None:
        """A command like any other, answered where "is thinking" is shown to the person alone."""
        options = {"message": press.post_id, "show": "me"}
        if own := find_language(language_of(str(press.interaction.locale))):
            options["to"] = own.code
        self._open_commands.add(press.interaction)
        async with self._order.turn(channel_id(press.key)):
            await self._accept(press, Command(TRANSLATE, options))

    async def _share(self, press: Press) -> str | None:
        if not _may_write(press.interaction, press.interaction.permissions):
            return YOU_MAY_NOT_SHARE
        if not _may_write(press.interaction, press.interaction.app_permissions):
            return I_MAY_NOT_SHARE
        async with self._order.turn(channel_id(press.key)):
            if await patiently(
                lambda: self._manager.controls.is_shared(press.key, press.asker, press.post_id)
            ):
                return SHARED_ALREADY
            await self._accept(press, Command("share", {ABOUT: press.post_id}))
        return None

    async def _judge(self, press: Press, *, is_good: bool) -> str:
        is_kept = await self._manager.controls.judge(press.key, press.asker, press.post_id, is_good=is_good)
        return THANKS if is_kept else THUMB_TAKEN_BACK

    async def _accept(self, press: Press, command: Command) -> None:
        """Have a command answered, in the channel's turn. Raises CommandError where the person asks for too
        much at once."""
        message = from_interaction(press.interaction, press.key, command)
        if refusal := self._manager.rate.refusal(message):
            raise CommandError(refusal)
        await patiently(lambda: self._manager.accept(message))


def _may_write(interaction: discord.Interaction, may: discord.Permissions) -> bool:
    is_thread = isinstance(interaction.channel, discord.Thread)
    return may.view_channel and (may.send_messages_in_threads if is_thread else may.send_messages)


def _custom_ids(components: Iterable[Any]) -> Iterator[str]:
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _custom_ids(getattr(component, "children", []))


async def _acknowledge(interaction: discord.Interaction, *, is_answered: bool) -> bool:
    """Say that the press has arrived, and where it `is_answered` that an answer for the person is being made;
    False when that came too late, or Discord told of the same press before."""
    try:
        await interaction.response.defer(thinking=is_answered, ephemeral=is_answered)
    except discord.HTTPException as error:
        log.warning(
            "a button could not be acknowledged: Discord answered %d, code %d", error.status, error.code
        )
        return False
    except CONNECTION_ERRORS as error:
        log.warning("a button may not have been acknowledged: %s", type(error).__name__)
    return True


async def _tell(interaction: discord.Interaction, text: str) -> None:
    """A sentence for the person who pressed, and nobody else."""
    with suppress(PlatformError, TokenExpiredError):
        await CommandToken(interaction, is_private=True).add(Post(text, is_plain=True), _nowhere)


async def _nowhere() -> str | None:
    """Where one person's messages can be looked up."""
    return None
