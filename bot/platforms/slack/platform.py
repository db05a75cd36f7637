"""SlackPlatform: Slack as a platform like any other. It puts the adapter's pieces together."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation.bridges import source_of
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import ConfigError, PlatformError
from bot.messages import ConversationKey
from bot.platforms.base import ReplySink
from bot.platforms.slack.bolt import build_app
from bot.platforms.slack.command_sink import CommandSink, whole
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.incoming import DIRECT, PLATFORM
from bot.platforms.slack.listener import Listener
from bot.platforms.slack.names import Names
from bot.platforms.slack.pace import Pace, Paces
from bot.platforms.slack.payloads import moment
from bot.platforms.slack.response_urls import ResponseUrls
from bot.platforms.slack.sink import EDIT_BURST, LIMITS, POST_BURST, POST_INTERVAL_S, ChannelSink
from bot.platforms.slack.thinking_status import ThinkingStatus

SETTLE_S = 5.0


class SlackPlatform:
    """One app in one Slack workspace.

    It listens by Socket Mode, which needs no public address but an `app_token`. `api_url` names another
    server than Slack's own.
    """

    name = PLATFORM

    def __init__(
        self,
        bot_token: str,
        *,
        app_token: str | None,
        bot_name: str,
        api_url: str | None,
    ) -> None:
        self._app_token = app_token
        self._bot_name = bot_name
        self._connection = Connection(bot_token, api_url)
        self._names = Names(self._connection.hasty_client)
        self._status = ThinkingStatus(self._connection.hasty_client)
        self._posts = Paces(POST_INTERVAL_S, POST_BURST)
        self._edits = Pace(LIMITS.min_edit_interval_s, EDIT_BURST)
        self._response_urls = ResponseUrls()
        self._listener: Listener | None = None
        self._workspace_url = ""
        self._is_closed = False

    async def run(self, manager: ConversationManager) -> None:
        """Stay connected until cancelled or closed. Raises ConfigError without an app token, PlatformError
        when Slack will not have this app."""
        if self._app_token is None:
            raise ConfigError(
                "SLACK_APP_TOKEN is missing: this version hears of Slack's events by Socket Mode only"
            )
        try:
            async with self._connection.session():
                me = await self._connection.sign_in(self._bot_name)
                self._workspace_url = me.workspace_url
                self._listener = Listener(manager, me, self._names, self._status, self._response_urls)
                app = build_app(self._connection.client, me, self._listener)
                await self._connection.listen(app, self._app_token)
        except PlatformError:
            if not self._is_closed:
                raise
        finally:
            await self._names.close()
            await self._status.close()

    def sink(self, reply: Reply) -> ReplySink:
        """A sink for one reply: for one person where it answers a slash command, or is private and others
        could read it; else into the channel."""
        reply.conversation = _place(reply)
        is_message = moment(reply.question.message_id) is not None
        is_alone = reply.conversation.channel_id.startswith(DIRECT)
        if is_message and (reply.audience is None or is_alone):
            return ChannelSink(reply, self._connection.client, self._posts, self._edits, self._status)
        reply.pieces = whole(reply.pieces)
        return CommandSink(reply, self._connection.client, self._response_urls)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address of a message in this workspace; what is no message (a command) has none."""
        if not self._workspace_url or moment(message_id) is None:
            return None
        address = f"{self._workspace_url}archives/{key.channel_id}/p{message_id.replace('.', '')}"
        return address + (f"?thread_ts={key.thread_id}&cid={key.channel_id}" if key.thread_id else "")

    async def close(self) -> None:
        """Leave Slack; what has arrived is still written down."""
        self._is_closed = True
        if self._listener is not None:
            await self._listener.settle(SETTLE_S)
        self._connection.close()


def _place(reply: Reply) -> ConversationKey:
    """Where a reply goes. What a bridge shows of a message in a thread goes to the thread of its
    counterpart in the other channel."""
    place, question = reply.conversation, reply.question
    is_from_elsewhere = reply.is_quiet and source_of(reply.lane).channel_id != place.channel_id
    if is_from_elsewhere and question.command is None and place.thread_id is None:
        return replace(place, thread_id=question.message_id)
    return place
