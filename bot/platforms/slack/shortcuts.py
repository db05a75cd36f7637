"""Shortcuts: the entries of the bot in the menu of a message, which work in threads too, and beside the field
in which people write.

Slack shows their names in one language only. The answer is made from memory, into which the message is put
first; where the bot is no member, what the person showed it is all that it knows, and nothing of it is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from slack_sdk.errors import SlackApiError

from bot.conversation.manager import ConversationManager
from bot.conversation.summaries.scope import MAX_LAST
from bot.conversation.tasks.task import SHOW
from bot.errors import BotError, CommandError, PlatformError
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.event_order import EventOrder
from bot.platforms.layout import PREFIX
from bot.platforms.patience import patiently
from bot.platforms.slack.attachments import read_files
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.contents import files_of, words_of
from bot.platforms.slack.direct import open_direct
from bot.platforms.slack.given import place_of, to_message
from bot.platforms.slack.incoming import PLATFORM, people_of
from bot.platforms.slack.interactions import Answer, Interactions
from bot.platforms.slack.members import has_bot
from bot.platforms.slack.mrkdwn import message_body
from bot.platforms.slack.payloads import Payload, data_of, moment, part, text
from bot.platforms.slack.problems import until_answered
from bot.platforms.slack.reading import NOT_HERE
from bot.platforms.slack.remembering import as_event
from bot.platforms.slack.response_urls import ResponseUrl, ResponseUrls
from bot.platforms.slack.workspaces import Workspace

log = logging.getLogger(__name__)

MAX_NAME_CHARS = 24

BY_SHORTCUT = "shortcut-"
"""What the ids of commands begin with that an entry gives."""

NO_WORDS = "There are no words in that message."


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One entry: its name, at most 24 characters, what the manifest says of it, and where it stands. `{bot}`
    in a name is the bot's."""

    name: str
    callback_id: str
    description: str
    type: Literal["message", "global"] = "message"

    def name_for(self, bot_name: str) -> str:
        """The name as people see it."""
        return self.name.format(bot=bot_name)[:MAX_NAME_CHARS]


SUMMARIZE, TRANSLATE, EXPLAIN, REPLY, ASK = (
    f"{PREFIX}{name}" for name in ("summarize-thread", "translate", "explain", "reply", "ask")
)
SHORTCUTS = (
    Shortcut("Summarize thread", SUMMARIZE, "Tells you alone what was said in the thread of this message."),
    Shortcut("Translate", TRANSLATE, "Translates this message into your language, for you alone."),
    Shortcut("Explain", EXPLAIN, "Explains this message in plain words, to you alone."),
    Shortcut("Reply to this", REPLY, "Writes a reply to this message, for everybody in its thread."),
    Shortcut(
        "Ask {bot} …", ASK, "Opens a form with everything that the bot does and all its options.", "global"
    ),
)
"""All entries, in the order in which the manifest has them."""


class Shortcuts:
    """Takes what people choose in the menu of a message. `order` is shared with the listener."""

    def __init__(
        self, manager: ConversationManager, response_urls: ResponseUrls, order: EventOrder[str]
    ) -> None:
        self._manager = manager
        self._response_urls = response_urls
        self._order = order

    def listen(self, interactions: Interactions) -> None:
        """Be told of the entries."""
        for shortcut in SHORTCUTS:
            if shortcut.type == "message":
                interactions.listen("message_action", shortcut.callback_id, self.chosen)

    async def chosen(self, workspace: Workspace, body: Payload) -> Answer:
        """Have the command answered that an entry stands for, or say why not."""
        try:
            await workspace.names.of({text(part(body, "user"), "id")})
            if await _is_member(workspace, place_of(body).channel_id):
                await self._accept(workspace, body)
            else:
                await self._accept_outside(workspace, body)
        except BotError as error:
            if not isinstance(error, CommandError):
                log.warning("a shortcut could not be followed: %s", error)
            await _tell(body, error.user_message)
        return None

    # --- inside ------------------------------------------------------------------------------

    async def _accept(self, workspace: Workspace, body: Payload) -> None:
        """Answer from memory, in the message's thread."""
        message = part(body, "message")
        command, key = _command(text(body, "callback_id"), place_of(body), message)
        async with self._order.turn(key.channel_id):
            await self._remember(workspace, place_of(body), message)
            if key.thread_id is not None and not text(message, "thread_ts"):
                # Nobody would see what is said to one person in a thread that is not there yet.
                self._response_urls.add(_event_id(body), text(body, "response_url"), can_replace=False)
            await self._give(workspace, body, key, command)

    async def _accept_outside(self, workspace: Workspace, body: Payload) -> None:
        """Where the bot is no member it answers in words of that message alone, where the person is. What is
        asked so belongs to that person's own conversation with the bot."""
        name = text(body, "callback_id").removeprefix(PREFIX)
        if name not in ("translate", "explain"):
            raise CommandError(NOT_HERE.format(name=workspace.me.name))
        event = as_event(workspace, place_of(body).channel_id, part(body, "message"))
        names = await workspace.names.of(people_of(event, workspace.me))
        words = words_of(part(body, "message"), workspace.me, names)
        if not words.strip():
            raise CommandError(NO_WORDS)
        user = text(part(body, "user"), "id")
        key = ConversationKey(PLATFORM, workspace.id, await open_direct(workspace, user))
        command = Command(name, {SHOW.name: "me", "text": words}, given="outside")
        self._response_urls.add(
            _event_id(body), text(body, "response_url"), place_of(body).thread_id or "", can_replace=False
        )
        await self._give(workspace, body, key, command)

    async def _give(
        self, workspace: Workspace, body: Payload, key: ConversationKey, command: Command
    ) -> None:
        user = text(part(body, "user"), "id")
        message = to_message(command, key, _event_id(body), user, workspace.names.person(user))
        if refusal := self._manager.rate.refusal(message):
            raise CommandError(refusal)
        await patiently(lambda: self._manager.accept(message))

    async def _remember(self, workspace: Workspace, key: ConversationKey, message: Payload) -> None:
        """Put the message into memory, with its text files, unless memory has or had it. The bot's own posts
        are known, or not to be known."""
        is_own = text(message, "user") == workspace.me.user_id
        if is_own or await self._manager.past.is_known(key, text(message, "ts")):
            return
        event = as_event(workspace, key.channel_id, message)
        names = await workspace.names.of(people_of(event, workspace.me))
        files = await read_files(workspace.hasty_client, message) if files_of(message) else ()
        pointed_at = _for_memory(message, key, names, words_of(message, workspace.me, names, files=files))
        await patiently(lambda: self._manager.import_messages([pointed_at] if pointed_at.text else []))


def _for_memory(
    message: Payload, key: ConversationKey, names: Mapping[str, str], words: str
) -> IncomingMessage:
    """A message that somebody points at, whoever wrote it, bots too."""
    user, bot = text(message, "user"), part(message, "bot_profile")
    is_bot = bool(message.get("bot_id") or bot)
    name = names.get(user) or text(message, "username") or text(bot, "name") or user
    return IncomingMessage(
        conversation=key,
        message_id=text(message, "ts"),
        event_id=f"pointed-at-{text(message, 'ts')}",
        author=Author(user or text(message, "bot_id"), name, is_bot=is_bot),
        text=words,
        sent_at=moment(text(message, "ts")) or datetime.now(UTC),
        is_addressed=False,
    )


def _command(callback_id: str, key: ConversationKey, message: Payload) -> tuple[Command, ConversationKey]:
    """The command that an entry stands for, and the conversation that it belongs to: the message's thread,
    where it has one. A reply begins one."""
    ts, root = text(message, "ts"), text(message, "thread_ts")
    in_thread = replace(key, thread_id=root) if root else key
    if callback_id == SUMMARIZE:
        # The whole thread; where there is none, what was said in the channel from the message on.
        scope = {"last": str(MAX_LAST)} if root else {"from": ts}
        return Command("summarize", {**scope, SHOW.name: "me"}), in_thread
    if callback_id == REPLY:
        return Command("reply", {"message": ts, SHOW.name: "all"}), replace(key, thread_id=root or ts)
    return Command(callback_id.removeprefix(PREFIX), {"message": ts, SHOW.name: "me"}), in_thread


async def _tell(body: Payload, sentence: str) -> None:
    """Say something to who chose an entry, beside the message, and to nobody else."""
    if url := text(body, "response_url"):
        with suppress(PlatformError):
            address = ResponseUrl(url, place_of(body).thread_id or "", can_replace=False)
            await address.post(message_body(with_names_here(sentence)), replaces=False)


def _event_id(body: Payload) -> str:
    """The same for the same choice."""
    return f"{BY_SHORTCUT}{text(body, 'trigger_id') or text(body, 'action_ts')}"


async def _is_member(workspace: Workspace, channel_id: str) -> bool:
    """Whether the bot is in a channel or a direct conversation. Raises PlatformError."""
    try:
        answer = await until_answered(
            "look at a channel", lambda: workspace.client.conversations_info(channel=channel_id)
        )
    except SlackApiError:
        return False
    return has_bot(part(data_of(answer), "channel"))
