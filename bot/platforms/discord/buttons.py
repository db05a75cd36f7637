"""Buttons: what people press below answers, told to the manager.

discord.py finds them by their custom id, so they live on after a restart. The custom id only says what is
wanted; which answer is meant is looked up by the message that the button stands on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import discord

from bot.conversation.controls import UNKNOWN_ANSWER, Asker
from bot.conversation.manager import ConversationManager
from bot.errors import BotError, PlatformError, where
from bot.messages import DIRECT_WORKSPACE, Command, ConversationKey, IncomingMessage
from bot.platforms.discord.command_token import CommandToken, OpenCommands, TokenExpiredError
from bot.platforms.discord.incoming import channel_id, from_interaction, language_of
from bot.platforms.discord.outside import find_key_of
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.event_order import EventOrder
from bot.platforms.layout import PREFIX, Post
from bot.platforms.presses import I_MAY_NOT_SHARE, TRANSLATE, YOU_MAY_NOT_SHARE, Press, Presses

log = logging.getLogger(__name__)

TEMPLATE = rf"{PREFIX}(?P<action>[a-z]+)"


@dataclass(frozen=True, slots=True)
class Pressed(Press):
    """A button of Discord's that was pressed."""

    interaction: discord.Interaction


class Buttons(Presses[Pressed]):
    """Takes what is pressed. `order` is shared with the listener."""

    def __init__(
        self, manager: ConversationManager, open_commands: OpenCommands, order: EventOrder[int]
    ) -> None:
        super().__init__(manager, lambda key: order.turn(channel_id(key)))
        self._open_commands = open_commands

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

    async def translate(self, press: Pressed) -> str | None:
        """See Presses. It is answered where "is thinking" is shown to the person alone."""
        self._open_commands.add(press.interaction)
        return await super().translate(press)

    def message_of(self, press: Pressed, command: Command) -> IncomingMessage:
        """See Presses."""
        return from_interaction(press.interaction, press.key, command)

    async def hindrance(self, press: Pressed, action: str) -> str:
        """See Presses: who shares must be allowed to write, and so must the bot."""
        interaction = press.interaction
        if action != "share":
            return ""
        if not _may_write(interaction, interaction.permissions):
            return YOU_MAY_NOT_SHARE
        return "" if _may_write(interaction, interaction.app_permissions) else I_MAY_NOT_SHARE

    # --- inside ------------------------------------------------------------------------------

    async def _do(self, interaction: discord.Interaction, action: str) -> str | None:
        if interaction.message is None or interaction.channel_id is None:
            return UNKNOWN_ANSWER
        key = await find_key_of(interaction)
        language = language_of(str(interaction.locale))
        press = Pressed(key, str(interaction.message.id), _asker(interaction, key), language, interaction)
        return await self.do(press, action)


def _asker(interaction: discord.Interaction, key: ConversationKey) -> Asker:
    """Who pressed, and whether they look after the channel and may read it; in a conversation of their own
    everybody does."""
    may = interaction.permissions
    is_manager = interaction.guild_id is None or may.manage_channels or may.manage_messages
    sees_history = key.workspace_id == DIRECT_WORKSPACE or may.read_message_history
    return Asker(str(interaction.user.id), is_manager, sees_history)


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
