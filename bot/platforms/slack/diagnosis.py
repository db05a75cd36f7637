"""What Slack says of the bot before it is started: token, clock, scopes, channels, and how events will come.

Only asks and changes nothing, and reads no messages. What is wrong comes with how to mend it, in Slack's own
words for its pages. It shows no token.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.conversation.tasks import TASKS
from bot.errors import BotError, ConfigError
from bot.platforms.base import Finding
from bot.platforms.ports import take_port
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.installations import REFUSED
from bot.platforms.slack.options import EVENTS_PATH, INSTALL_PATH, Http, OAuth
from bot.platforms.slack.payloads import cursor_of, data_of, part, text
from bot.platforms.slack.problems import (
    CONNECTION_ERRORS,
    WRONG_APP_TOKEN,
    WRONG_BOT_TOKEN,
    code_of,
    trouble_apart,
    why_refused,
)
from bot.platforms.slack.scopes import missing
from bot.platforms.slack.sealing import Sealing
from bot.platforms.slack.sign_in import scopes_of
from bot.platforms.slack.token_store import TokenStore, workspace_id
from bot.storage.database import Database

ANSWER_S = 20.0
"""How long one question may take."""

MAX_SKEW_S = 60.0
"""How far this machine's clock may be off. At five minutes every request over HTTP would be refused."""

MAX_WORKSPACES = 20
"""Of many that installed the app, the newest are looked at."""

UNREACHABLE = "look at this machine's network and firewall, and at SLACK_API_URL if it is set"
TOLD_BY_NOBODY = "Slack does not say which it knows: paste the manifest anew after an update"
NOT_SEEN = "whether Slack sends it events, only a first message shows"
AGAIN = "add them on your app's page OAuth & Permissions (or paste the manifest anew), and reinstall it once"

NEEDED_IN_CHANNELS = frozenset({"channels:history", "chat:write"})
"""Without these scopes the bot does nothing in a channel, whoever invites it."""

_APP_IN_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-")


@dataclass(frozen=True, slots=True)
class Setup:
    """What the settings say of the app, as SlackPlatform takes it; `public_url` is where Slack reaches it
    over HTTP, and `database` the file, None where there is none yet."""

    bot_token: str
    app_token: str
    http: Http | None
    oauth: OAuth | None
    api_url: str | None
    public_url: str | None = None
    database: Path | None = None


class _WrongError(Exception):
    """A question whose answer says that the bot will not work, and how to mend it."""


async def diagnose(setup: Setup) -> AsyncIterator[Finding]:
    """Look at one thing after the other."""
    clients = Clients(setup.api_url)
    async with clients.session():
        if setup.oauth is None:
            app = "" if setup.http else app_of(setup.app_token)
            looking = _workspace(clients, setup.bot_token, "Slack", WRONG_BOT_TOKEN, app)
        else:
            looking = _installations(clients, setup.oauth, setup.database)
        async for finding in looking:
            yield finding
        yield await _look("Slack events", lambda: _events(clients, setup), is_note=True)
        commands = f"the manifest has {_commands()}; {TOLD_BY_NOBODY}"
        yield Finding(True, "Slack commands", commands, is_note=True)


def app_of(app_token: str) -> str:
    """The id of the app that an app-level token says it is of; empty where it says none."""
    named = _APP_IN_TOKEN.match(app_token)
    return named[1] if named else ""


async def _installations(clients: Clients, oauth: OAuth, database: Path | None) -> AsyncIterator[Finding]:
    try:
        sealing = Sealing(oauth.keys)
        installed = await _installed(oauth, database, sealing) if database else {}
    except BotError as error:
        yield Finding(False, "Slack workspaces", str(error))
        return
    where = f"people install it at {oauth.public_url.rstrip('/')}{INSTALL_PATH}"
    yield Finding(True, "Slack workspaces", f"{len(installed)} installed the app; {where}")
    for name, token in list(installed.items())[-MAX_WORKSPACES:]:
        async for finding in _workspace(clients, token, f"workspace {name}", REFUSED):
            yield finding


async def _installed(oauth: OAuth, database: Path, sealing: Sealing) -> dict[str, str]:
    """The tokens by the workspaces' ids. Raises StorageError and ConfigError."""
    kept = Database(f"sqlite+aiosqlite:///{database}")
    try:
        installed = await TokenStore(kept, oauth.client_id, sealing).all()
    finally:
        await kept.close()
    return {workspace_id(one): one.bot_token or "" for one in installed}


async def _workspace(
    clients: Clients, token: str, name: str, refused: str, app: str = ""
) -> AsyncIterator[Finding]:
    """What a token opens, which is to be the token of `app`; ends early where Slack cannot be asked."""
    client = clients.make_hasty(token)
    try:
        answer = await _ask(client.auth_test, refused)
    except _WrongError as wrong:
        yield Finding(False, f"{name} token", str(wrong))
        return
    yield Finding(True, f"{name} token", f"signed in as {answer.get('user')} in {answer.get('team')}")
    own = await _own_app(client, answer) if app else ""
    if own and own != app:
        what = (
            f"SLACK_BOT_TOKEN is of the app {own}, and SLACK_APP_TOKEN of another one, {app}: the bot would "
            "hear nothing; copy both tokens from the pages of one app"
        )
        yield Finding(False, f"{name} app", what)
    yield _clock(name, answer)
    yield _scopes(name, scopes_of(answer))
    yield await _look(f"{name} channels", lambda: _channels(client, answer))


async def _own_app(client: AsyncWebClient, identity: AsyncSlackResponse) -> str:
    """The id of the app that a bot token is of; empty where Slack does not tell, as without users:read."""
    if app := text(data_of(identity), "app_id"):
        return app
    bot = str(identity.get("bot_id", ""))
    try:
        about = await _ask(lambda: client.bots_info(bot=bot), WRONG_BOT_TOKEN)
    except _WrongError:
        return ""
    return text(part(data_of(about), "bot"), "app_id")


def _clock(name: str, answer: AsyncSlackResponse) -> Finding:
    said = {key.lower(): value for key, value in answer.headers.items()}.get("date", "")
    try:
        skew_s = time.time() - parsedate_to_datetime(said).timestamp()
    except ValueError:
        return Finding(True, f"{name} clock", "Slack told no time")
    if abs(skew_s) <= MAX_SKEW_S:
        return Finding(True, f"{name} clock", "agrees with Slack's")
    direction = "ahead of" if skew_s > 0 else "behind"
    return Finding(
        False,
        f"{name} clock",
        f"this machine's clock is {abs(skew_s):.0f} s {direction} Slack's: keep it right with a time "
        "service, for example `timedatectl set-ntp true`",
    )


def _scopes(name: str, granted: frozenset[str]) -> Finding:
    if not granted:
        return Finding(True, f"{name} scopes", "Slack does not say what the app is granted", is_note=True)
    lacking = [f"{scope.name} ({scope.reason})" for scope in missing(granted)]
    if not lacking:
        return Finding(True, f"{name} scopes", "all are granted")
    return Finding(False, f"{name} scopes", f"missing are {'; '.join(lacking)}: {AGAIN}")


async def _channels(client: AsyncWebClient, identity: AsyncSlackResponse) -> str:
    if identity.get("is_enterprise_install"):
        return "not counted in an organisation"
    page = await _ask(
        lambda: client.users_conversations(
            types="public_channel,private_channel", exclude_archived=True, limit=200
        ),
        WRONG_BOT_TOKEN,
    )
    count = len(page.get("channels", []))
    more = " or more" if cursor_of(data_of(page)) else ""
    granted = scopes_of(identity)
    if granted and (lacking := sorted(NEEDED_IN_CHANNELS - granted)):
        raise _WrongError(
            f"the bot is in {count}{more}, but cannot work there without {' and '.join(lacking)}"
        )
    return f"the bot is in {count}{more}" if count else "the bot is in none: /invite it to one"


async def _events(clients: Clients, setup: Setup) -> str:
    if setup.http is None:
        client = clients.make_hasty(None)
        await _ask(lambda: client.apps_connections_open(app_token=setup.app_token), WRONG_APP_TOKEN)
        return f"Socket Mode lets the bot in; {NOT_SEEN}"
    try:
        take_port(setup.http.host, setup.http.port, "SLACK_HTTP_PORT").close()
    except ConfigError as error:
        if setup.public_url is None or not await _leads_to_the_bot(setup.public_url):
            raise _WrongError(f"{error}; or the bot is running") from None
        return f"the bot is running, and {setup.public_url} leads to it; {NOT_SEEN}"
    if setup.http.port == 0:
        where = f"at a free port of {setup.http.host} that is taken at every start (SLACK_HTTP_PORT is 0)"
        return f"over HTTP, {where}: the log says which, and a proxy must lead there; {NOT_SEEN}"
    return f"over HTTP, at port {setup.http.port} of {setup.http.host}, which is free; {NOT_SEEN}"


async def _leads_to_the_bot(public_url: str) -> bool:
    """Whether who sends there what Slack did not sign is turned away as the bot does it."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(public_url.rstrip("/") + EVENTS_PATH, json={}) as answer,
        ):
            return answer.status == 401
    except CONNECTION_ERRORS:
        return False


def _commands() -> int:
    return sum(task.is_command for task in TASKS)


async def _look(subject: str, look: Callable[[], Awaitable[str]], is_note: bool = False) -> Finding:
    try:
        return Finding(True, subject, await look(), is_note)
    except _WrongError as wrong:
        return Finding(False, subject, str(wrong))


async def _ask(method: Callable[[], Awaitable[AsyncSlackResponse]], refused: str) -> AsyncSlackResponse:
    """The answer of a method. Raises _WrongError, which is `refused` where Slack will not have the token."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await trouble_apart(method)
    except SlackApiError as error:
        raise _WrongError(why_refused(code_of(error), refused)) from None
    except CONNECTION_ERRORS as error:
        raise _WrongError(f"Slack cannot be reached ({type(error).__name__}): {UNREACHABLE}") from None
