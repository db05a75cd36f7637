"""The Bolt app: routes what Slack sends to those who take it, and acknowledges after it.

Bolt acknowledges events before their listener runs, unless `process_before_response` is set: then what it
answers is what came of the listener, and one that raised is a 500, which its Socket Mode handler does not
send, so that Slack delivers again. Two more of its habits would acknowledge what was not written down: it
answers 200 when its own `auth.test` fails, so `authorize` here asks nobody; and it drops what the bot itself
did, so that is left to us, who want to hear of deletions. What nobody listens for is acknowledged and left:
Slack would send it again, and in the end send nothing any more. The same app serves HTTP.
"""

from __future__ import annotations

import logging
import re

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, where
from bot.platforms.slack.events import Events
from bot.platforms.slack.interactions import Interactions
from bot.platforms.slack.listener import Listener
from bot.platforms.slack.sdk_log import SDK_LOG

log = logging.getLogger(__name__)

_EVERYTHING = re.compile(".*", re.DOTALL)


def build_app(
    client: AsyncWebClient, events: Events, listener: Listener, interactions: Interactions
) -> AsyncApp:
    """An app that hands everything on. `client` is one without a token: nobody calls Slack through Bolt."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    app = AsyncApp(
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

    async def on_command(ack: AsyncAck, body: dict[str, object]) -> None:
        told = await listener.command(body)
        await (ack(text=told, response_type="ephemeral") if told else ack())

    async def on_interaction(ack: AsyncAck, body: dict[str, object]) -> None:
        await ack(**(await interactions.take(body) or {}))  # type: ignore[arg-type]

    async def on_error(error: Exception, body: dict[str, object]) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            if body.get("type") == "app_rate_limited":
                log.warning("Slack holds events back: a workspace has more than 30,000 in an hour")
            return BoltResponse(status=200)
        log.error("an event was not taken: %s", error if isinstance(error, BotError) else where(error))
        return None

    app.event(_EVERYTHING)(on_event)
    app.command(_EVERYTHING)(on_command)
    app.action(_EVERYTHING)(on_interaction)
    app.options(_EVERYTHING)(on_interaction)
    app.shortcut(_EVERYTHING)(on_interaction)
    app.view(_EVERYTHING)(on_interaction)
    app.view_closed(_EVERYTHING)(on_interaction)
    app.error(on_error)
    return app
