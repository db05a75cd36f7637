"""The Bolt app: routes what Slack sends to those who take it, and acknowledges after it.

Bolt acknowledges events before their listener runs, unless `process_before_response` is set: then what it
answers is what came of the listener, and one that raised is a 500, which its Socket Mode handler does not
send, so that Slack delivers again. Two more of its habits would acknowledge what was not written down: it
answers 200 when its own `auth.test` fails, so `authorize` here asks nobody; and it drops what the bot itself
did, so that is left to us, who want to hear of deletions. What nobody listens for is acknowledged and left:
Slack would send it again, and in the end send nothing any more. The same app serves HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, where
from bot.platforms.recently import Recently
from bot.platforms.slack.events import Events
from bot.platforms.slack.interactions import Interactions
from bot.platforms.slack.listener import WORKING, Listener
from bot.platforms.slack.sdk_log import SDK_LOG

log = logging.getLogger(__name__)

ACK_S = 2.5
"""A command that is not taken in this time is acknowledged before: Slack delivers it once, and gives up after
three seconds."""

_STUMBLES = (LookupError, TypeError, AttributeError)
_EVERYTHING = re.compile(".*", re.DOTALL)


def build_app(
    client: AsyncWebClient, events: Events, listener: Listener, interactions: Interactions
) -> AsyncApp:
    """An app that hands everything on. `client` is one without a token: nobody calls Slack through Bolt."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    app = _App(
        name="parley",
        logger=SDK_LOG,
        client=client,
        authorize=authorize,
        signing_secret="",
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Frames of Socket Mode carry no signature; over HTTP the raw bytes were checked before Bolt.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    async def on_event(body: dict[str, object]) -> None:
        await events.take(body)

    async def on_command(ack: AsyncAck, body: dict[str, object], respond: AsyncRespond) -> None:
        taking = asyncio.create_task(listener.command(body))
        done, _ = await asyncio.wait({taking}, timeout=ACK_S)
        told = taking.result() if done else WORKING
        await (ack(text=told, response_type="ephemeral") if told else ack())
        if not done:
            telling = asyncio.create_task(_tell_late(taking, respond))
            late.add(telling)
            telling.add_done_callback(late.discard)

    async def on_interaction(ack: AsyncAck, body: dict[str, object]) -> None:
        await ack(**(await interactions.take(body) or {}))  # type: ignore[arg-type]

    async def on_error(error: Exception, body: dict[str, object]) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            if body.get("type") == "app_rate_limited":
                log.warning("Slack holds events back: a workspace has more than 30,000 in an hour")
            return BoltResponse(status=200)
        if isinstance(error, _STUMBLES) and not _is_ours(error):
            return app.refuse(error)
        log.error("an event was not taken: %s", error if isinstance(error, BotError) else where(error))
        return None

    late: set[asyncio.Task[None]] = set()
    app.event(_EVERYTHING)(on_event)
    app.command(_EVERYTHING)(on_command)
    app.action(_EVERYTHING)(on_interaction)
    app.options(_EVERYTHING)(on_interaction)
    app.shortcut(_EVERYTHING)(on_interaction)
    app.view(_EVERYTHING)(on_interaction)
    app.view_closed(_EVERYTHING)(on_interaction)
    app.error(on_error)
    return app


class _App(AsyncApp):
    """Bolt, which reads what it is sent without looking at its types, and stumbles over what Slack never
    sends: that is refused. What our own code raises is a 500, and delivered again."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._told = Recently()

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """As Bolt's own, from which nothing comes that our code raised."""
        try:
            return await super().async_dispatch(req)
        except _STUMBLES as error:
            return self.refuse(error)

    def refuse(self, error: Exception) -> BoltResponse:
        """What Bolt stumbled over is answered with this."""
        if self._told.is_news(None):
            log.warning("something is not built as Slack builds it, and is refused: %s", where(error))
        return BoltResponse(status=400)


def _is_ours(error: Exception) -> bool:
    """Whether it was raised in our own code, which Bolt called."""
    within = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(name.startswith("bot.") for name in within)


async def _tell_late(taking: asyncio.Task[str], respond: AsyncRespond) -> None:
    """Tell the person what came of a command after all, if that is not what they were told before."""
    try:
        words = await taking
        if words not in ("", WORKING):
            await respond(text=words, response_type="ephemeral")
    except Exception as error:
        log.error("a command was not taken: %s", where(error))
