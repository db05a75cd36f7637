"""SlackPlatform: Slack as a platform like any other. It puts the adapter's pieces together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import partial

from aiohttp import web

from bot.conversation.access import Missing
from bot.conversation.bridges import source_of
from bot.conversation.commands import is_for_all
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import ConfigError, PlatformError
from bot.messages import ConversationKey, IncomingMessage, Progress
from bot.platforms.backfill import Backfill
from bot.platforms.base import ReplySink
from bot.platforms.event_order import EventOrder
from bot.platforms.slack.access import find_readable
from bot.platforms.slack.bolt import build_app
from bot.platforms.slack.buttons import Buttons
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.command_sink import CommandSink, whole
from bot.platforms.slack.deleted_channels import DeletedChannels
from bot.platforms.slack.departures import Departures
from bot.platforms.slack.events import Events
from bot.platforms.slack.home import BY_HOME, Home, named_here
from bot.platforms.slack.http import HttpDoor
from bot.platforms.slack.incoming import BY_COMMAND, DIRECT, PLATFORM
from bot.platforms.slack.install_pages import InstallPages
from bot.platforms.slack.installations import Installations
from bot.platforms.slack.interactions import Interactions
from bot.platforms.slack.listener import Listener
from bot.platforms.slack.modals import Modals
from bot.platforms.slack.options import Http, OAuth
from bot.platforms.slack.pane import Pane
from bot.platforms.slack.patience import Patience
from bot.platforms.slack.payloads import Payload, moment
from bot.platforms.slack.reactions import Reactions
from bot.platforms.slack.reading import Reading
from bot.platforms.slack.response_urls import ResponseUrls
from bot.platforms.slack.sealing import Sealing
from bot.platforms.slack.shortcuts import BY_SHORTCUT, Shortcuts
from bot.platforms.slack.sign_in import sign_in
from bot.platforms.slack.sink import Surroundings
from bot.platforms.slack.socket_mode import SocketMode
from bot.platforms.slack.stream_sink import StreamSink
from bot.platforms.slack.token_store import TokenStore
from bot.platforms.slack.transport import BesidePages, Transport
from bot.platforms.slack.workspaces import OneWorkspace, Workspaces
from bot.storage.store import HistoryStore

SETTLE_S = 5.0


class SlackPlatform:
    """One Slack app, in one workspace or in all that installed it.

    With `http` events come to a port of the bot's own, else by Socket Mode, which needs no public address but
    an `app_token`. With `oauth` there is no `bot_token`: every workspace that installs the app has its own,
    which `store` keeps.
    `api_url` names another server than Slack's own. `backfill_messages` of a conversation are read back where
    the bot missed them.
    """

    name = PLATFORM

    def __init__(
        self,
        bot_token: str | None,
        *,
        store: HistoryStore,
        bot_name: str,
        app_token: str | None = None,
        http: Http | None = None,
        oauth: OAuth | None = None,
        api_url: str | None = None,
        backfill_messages: int = 0,
    ) -> None:
        self._store = store
        self._bot_name = bot_name
        self._app_token = app_token
        self._http = http
        self._oauth = oauth
        self._clients = Clients(api_url)
        self._patience = Patience()
        self._pages: list[web.RouteDef] = []
        signing_in = partial(sign_in, self._clients, bot_token or "", bot_name, self._patience)
        self._workspaces: Workspaces = OneWorkspace(signing_in, store.departures)
        if oauth is not None:
            tokens = TokenStore(store.database, oauth.client_id, Sealing(oauth.keys))
            installations = Installations(tokens, self._clients, bot_name, self._patience)
            self._pages = InstallPages(oauth, tokens, installations, self._clients, bot_name).routes()
            self._workspaces = installations
        self._response_urls = ResponseUrls()
        self._surroundings = Surroundings(self._workspaces)
        self._order: EventOrder[str] = EventOrder()
        self._edits = Edits()
        self._backfill_messages = backfill_messages
        self._backfill: Backfill[Payload] | None = None
        self._reading: Reading | None = None
        self._listener: Listener | None = None
        self._interactions: Interactions | None = None
        self._has_left = asyncio.Event()
        self._has_left.set()

    async def run(self, manager: ConversationManager) -> None:
        """Stay connected until cancelled or closed. Raises ConfigError where a token is missing,
        PlatformError when Slack will not have this app."""
        transport = self._transport()
        modals = Modals(manager, self._workspaces)
        pane = Pane(manager, self._store, self._order)
        self._listener = listener = Listener(
            manager,
            self._workspaces,
            self._response_urls,
            self._order,
            self._edits,
            modals.open_instead,
            pane,
        )
        self._backfill = Backfill(manager, self._backfill_messages)
        self._reading = Reading(
            manager, self._workspaces, self._order, self._edits, self._backfill, self._backfill_messages
        )
        events = Events(self._workspaces)
        listener.listen(events)
        self._reading.listen(events)
        departures = Departures(manager, self._workspaces, self._store, self._order)
        departures.listen(events)
        DeletedChannels(manager, self._order, self._backfill).listen(events)
        Reactions(manager, self._order).listen(events)
        self._interactions = interactions = Interactions(self._workspaces)
        Buttons(manager, self._response_urls, self._order).listen(interactions)
        Shortcuts(manager, self._response_urls, self._order).listen(interactions)
        modals.listen(interactions)
        home = Home(manager, self._store, self._workspaces, self._order, self._bot_name)
        home.listen(events, interactions)
        pane.listen(events)
        app = build_app(self._clients.make(None), events, listener, interactions)
        self._has_left.clear()
        try:
            async with self._clients.session():
                await self._workspaces.load()
                await departures.resume()
                await self._came_back()
                await transport.listen(app)
        except PlatformError:
            if not self._patience.has_ended:
                raise
        finally:
            await pane.close()
            await departures.close()
            await home.close()
            await self._workspaces.close()
            self._has_left.set()

    def sink(self, reply: Reply) -> ReplySink:
        """A sink for one reply: for one person where it is private and others could read it, or answers a
        slash command that is not for all; else into the channel."""
        reply.conversation = _place(reply)
        question = reply.question
        is_message = moment(question.message_id) is not None
        is_direct = reply.conversation.channel_id.startswith(DIRECT)
        is_from_home = question.event_id.startswith(BY_HOME)
        is_alone = is_direct and (is_message or is_from_home)
        if is_from_home:
            reply.pieces = named_here(reply.pieces)
        is_typed = question.event_id.startswith((BY_COMMAND, BY_SHORTCUT))
        if is_alone or (reply.audience is None and not is_typed):
            return StreamSink(reply, self._surroundings)
        reply.pieces = whole(reply.pieces)
        is_public = reply.audience is None and is_for_all(question.command)
        return CommandSink(reply, self._surroundings, self._response_urls, is_public=is_public)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address of a message in its workspace; what is no message (a command) has none."""
        workspace = self._workspaces.known(key.workspace_id)
        if workspace is None or not workspace.me.workspace_url or moment(message_id) is None:
            return None
        address = f"{workspace.me.workspace_url}archives/{key.channel_id}/p{message_id.replace('.', '')}"
        return address + (f"?thread_ts={key.thread_id}&cid={key.channel_id}" if key.thread_id else "")

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        """See Access."""
        return await find_readable(self._workspaces, wanted, person_id, here)

    async def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress | Missing, None]:
        """See Access."""
        if self._reading is None:
            return
        async with aclosing(self._reading.prepare(question, place)) as signs:
            async for sign in signs:
                yield sign

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        """See Access: a scope that the app lacks, a channel that the bot is not in, what Slack hides."""
        return await self._reading.hindrance(place, is_live=is_live) if self._reading else ""

    async def zone_of(self, question: IncomingMessage) -> tzinfo:
        """See Zones."""
        workspace, person_id = self._workspaces.known(question.conversation.workspace_id), question.author.id
        if workspace is None or question.author.is_bot:
            return UTC
        await workspace.names.of({person_id})
        return workspace.names.person(person_id).zone

    async def close(self) -> None:
        """Leave Slack; what has arrived is still written down, and acknowledged."""
        self._patience.end()
        if self._backfill is not None:
            await self._backfill.close()
        if self._listener is not None:
            await self._listener.settle(SETTLE_S)
        if self._interactions is not None:
            await self._interactions.settle(SETTLE_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._has_left.wait(), SETTLE_S)

    async def _came_back(self) -> None:
        if self._reading is not None and self._listener is not None:
            await self._reading.came_back(self._listener)

    def _transport(self) -> Transport:
        if self._http is not None:
            return HttpDoor(self._http, self._patience, self._pages)
        if self._app_token is None:
            raise ConfigError(
                "SLACK_APP_TOKEN is missing: events come by Socket Mode where SLACK_TRANSPORT is not http"
            )
        socket = SocketMode(self._clients.make(None), self._app_token, self._patience, self._came_back)
        if self._oauth is None:
            return socket
        return BesidePages(socket, self._oauth.host, self._oauth.port, self._pages, self._patience)


def _place(reply: Reply) -> ConversationKey:
    """Where a reply goes. What a bridge shows of a message in a thread goes to the thread of its
    counterpart in the other channel."""
    place, question = reply.conversation, reply.question
    is_from_elsewhere = reply.is_quiet and source_of(reply.lane).channel_id != place.channel_id
    if is_from_elsewhere and question.command is None and place.thread_id is None:
        return replace(place, thread_id=question.message_id)
    return place
