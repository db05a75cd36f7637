"""SlackPlatform: Slack as a platform like any other. It puts the adapter's pieces together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from slack_bolt.async_app import AsyncApp

from bot.conversation.bridges import source_of
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import ConfigError, PlatformError
from bot.messages import ConversationKey
from bot.platforms.base import ReplySink
from bot.platforms.event_order import EventOrder
from bot.platforms.slack.bolt import build_app
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.command_sink import CommandSink, whole
from bot.platforms.slack.events import Events
from bot.platforms.slack.http import HttpDoor
from bot.platforms.slack.incoming import DIRECT, PLATFORM
from bot.platforms.slack.interactions import Interactions
from bot.platforms.slack.listener import Listener
from bot.platforms.slack.options import Http, OAuth
from bot.platforms.slack.patience import Patience
from bot.platforms.slack.payloads import moment
from bot.platforms.slack.response_urls import ResponseUrls
from bot.platforms.slack.sign_in import sign_in
from bot.platforms.slack.sink import ChannelSink
from bot.platforms.slack.socket_mode import SocketMode
from bot.platforms.slack.workspaces import OneWorkspace

SETTLE_S = 5.0


class Transport(Protocol):
    """How Slack's events come to the bot."""

    async def listen(self, app: AsyncApp) -> None:
        """Receive events until the bot is closed. Raises PlatformError when Slack will not have this app, and
        ConfigError where it cannot listen here."""


class SlackPlatform:
    """One Slack app, in one workspace or in all that installed it.

    With `http` events come to a port of the bot's own, else by Socket Mode, which needs no public address but
    an `app_token`. With `oauth` there is no `bot_token`: every workspace that installs the app has its own.
    `api_url` names another server than Slack's own. `backfill_messages` of a conversation are read back where
    the bot missed them.
    """

    name = PLATFORM

    def __init__(
        self,
        bot_token: str | None,
        *,
        bot_name: str,
        app_token: str | None = None,
        http: Http | None = None,
        oauth: OAuth | None = None,
        api_url: str | None = None,
        backfill_messages: int = 0,
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._http = http
        self._bot_name = bot_name
        self._clients = Clients(api_url)
        self._patience = Patience()
        self._workspaces = OneWorkspace()
        self._response_urls = ResponseUrls()
        self._order: EventOrder[str] = EventOrder()
        self._edits = Edits()
        self._listener: Listener | None = None
        self._has_left = asyncio.Event()
        self._has_left.set()

    async def run(self, manager: ConversationManager) -> None:
        """Stay connected until cancelled or closed. Raises ConfigError where a token is missing,
        PlatformError when Slack will not have this app."""
        transport = self._transport()
        self._listener = listener = Listener(
            manager, self._workspaces, self._response_urls, self._order, self._edits
        )
        events = Events(self._workspaces)
        for event_type in ("message", "app_mention"):
            events.listen(event_type, listener.message)
        interactions = Interactions(self._workspaces)
        app = build_app(self._clients.make(None), events, listener, interactions)
        self._has_left.clear()
        try:
            async with self._clients.session():
                workspace = await sign_in(
                    self._clients, self._bot_token or "", self._bot_name, self._patience
                )
                self._workspaces.open(workspace)
                await transport.listen(app)
        except PlatformError:
            if not self._patience.has_ended:
                raise
        finally:
            await self._workspaces.close()
            self._has_left.set()

    def sink(self, reply: Reply) -> ReplySink:
        """A sink for one reply: for one person where it answers a slash command, or is private and others
        could read it; else into the channel."""
        reply.conversation = _place(reply)
        is_message = moment(reply.question.message_id) is not None
        is_alone = reply.conversation.channel_id.startswith(DIRECT)
        if is_message and (reply.audience is None or is_alone):
            return ChannelSink(reply, self._workspaces)
        reply.pieces = whole(reply.pieces)
        return CommandSink(reply, self._workspaces, self._response_urls)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address of a message in its workspace; what is no message (a command) has none."""
        workspace = self._workspaces.known(key.workspace_id)
        if workspace is None or not workspace.me.workspace_url or moment(message_id) is None:
            return None
        address = f"{workspace.me.workspace_url}archives/{key.channel_id}/p{message_id.replace('.', '')}"
        return address + (f"?thread_ts={key.thread_id}&cid={key.channel_id}" if key.thread_id else "")

    async def close(self) -> None:
        """Leave Slack; what has arrived is still written down, and acknowledged."""
        self._patience.end()
        if self._listener is not None:
            await self._listener.settle(SETTLE_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._has_left.wait(), SETTLE_S)

    def _transport(self) -> Transport:
        if self._http is not None:
            return HttpDoor(self._http, self._patience)
        if self._app_token is None:
            raise ConfigError(
                "SLACK_APP_TOKEN is missing: events come by Socket Mode where SLACK_TRANSPORT is not http"
            )
        return SocketMode(self._clients.make(None), self._app_token, self._patience)


def _place(reply: Reply) -> ConversationKey:
    """Where a reply goes. What a bridge shows of a message in a thread goes to the thread of its
    counterpart in the other channel."""
    place, question = reply.conversation, reply.question
    is_from_elsewhere = reply.is_quiet and source_of(reply.lane).channel_id != place.channel_id
    if is_from_elsewhere and question.command is None and place.thread_id is None:
        return replace(place, thread_id=question.message_id)
    return place
