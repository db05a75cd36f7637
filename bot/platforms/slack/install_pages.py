"""Install pages: where people's browsers begin and end an installation of the app (OAuth).

The state that Slack hands back is good once, for ten minutes, and in the browser that began: a link that
somebody else made installs nothing. Nothing of a request is ever shown. No scripts.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import re
from html import escape

from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Installation
from yarl import URL

from bot.errors import PlatformError, StorageError
from bot.platforms.recently import Recently
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.installations import Installations
from bot.platforms.slack.options import INSTALL_PATH, REDIRECT_PATH, OAuth
from bot.platforms.slack.payloads import Payload, data_of, for_log, part, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of, trouble_apart
from bot.platforms.slack.scopes import NAMES
from bot.platforms.slack.token_store import STATE_S, TokenStore, workspace_id

log = logging.getLogger(__name__)

COOKIE = "parley_install"

EXCHANGE_S = 15.0
"""How long Slack may take to hand out a token and to say whose it is."""

_CODE = re.compile(r"[a-z_]{1,40}")
_USED_UP = ("invalid_code", "code_already_used", "code_expired")
_STYLE = """
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 12vh auto 0; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
a.button { display: inline-block; padding: .8rem 1.4rem; border-radius: .5rem; font-weight: 600;
  background: #4a154b; color: #fff; text-decoration: none; }
a.button:focus-visible { outline: 3px solid #1264a3; outline-offset: 3px; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{paragraphs}
</main>
</body>
</html>
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class InstallPages:
    """The pages of one app."""

    def __init__(
        self, oauth: OAuth, tokens: TokenStore, installations: Installations, clients: Clients, bot_name: str
    ) -> None:
        self._oauth = oauth
        self._tokens = tokens
        self._installations = installations
        self._clients = clients
        self._bot_name = bot_name
        self._public = URL(oauth.public_url.rstrip("/"))
        self._told = Recently()

    def routes(self) -> list[web.RouteDef]:
        """What a server must have."""
        return [
            web.get(INSTALL_PATH, self._begin, allow_head=False),
            web.get(REDIRECT_PATH, self._end, allow_head=False),
        ]

    async def _begin(self, request: web.Request) -> web.Response:
        """The page with the link to Slack."""
        try:
            state = await self._tokens.issue_state()
        except StorageError as error:
            log.error("an installation could not begin: %s", error)
            return self._again(503, "This does not work right now.")
        response = _page(
            200,
            f"Add {self._bot_name} to Slack",
            "Slack will ask which workspace it is for, and show you what the bot may do there. "
            "In some workspaces an admin must agree.",
            (str(self._slack_address(state)), "Add to Slack"),
        )
        response.set_cookie(
            COOKIE,
            state,
            max_age=STATE_S,
            path=self._public.path.rstrip("/") + "/slack",
            secure=self._public.scheme == "https",
            httponly=True,
            samesite="Lax",
        )
        return response

    async def _end(self, request: web.Request) -> web.Response:
        """What Slack sends the browser back to."""
        if not await self._was_begun_here(request):
            return self._again(
                400, "This link has expired, was used already, or was opened in another browser."
            )
        refusal = request.query.get("error", "")
        if refusal == "access_denied":
            return self._again(200, "Nothing was installed: it was cancelled at Slack.")
        if refusal:
            return self._refused(refusal if _CODE.fullmatch(refusal) else "")
        try:
            async with asyncio.timeout(EXCHANGE_S):
                return await self._install(request.query.get("code", ""))
        except SlackApiError as error:
            return self._refused(code_of(error))
        except (PlatformError, StorageError, *CONNECTION_ERRORS) as error:
            log.error("an installation failed: %s", str(error) or type(error).__name__)
            return self._again(503, "This did not work, and nothing is lost by trying once more.")

    async def _install(self, code: str) -> web.Response:
        client = self._clients.make_hasty(None)
        # The SDK's own method for this uses a part of aiohttp that is to go.
        told = {
            "client_id": self._oauth.client_id,
            "client_secret": self._oauth.client_secret,
            "code": code,
            "redirect_uri": str(self._redirect_uri),
        }
        answer = await trouble_apart(lambda: client.api_call("oauth.v2.access", data=told))
        granted = data_of(answer)
        if "refresh_token" in granted:
            log.error("an installation failed: token rotation is switched on for this Slack app")
            return self._again(
                500,
                "Token rotation is switched on for this Slack app, which this bot cannot use. Whoever runs "
                "the bot must make an app without it.",
            )
        installation = to_installation(granted)
        if not self._is_allowed(installation):
            return await self._not_allowed(installation)
        workspace = await self._installations.add(installation)
        log.info("workspace %s installed the app", workspace.id)
        where = text(part(granted, "team"), "name") or text(part(granted, "enterprise"), "name") or "Slack"
        opening = {"app": text(granted, "app_id"), "team": text(part(granted, "team"), "id") or workspace.id}
        return _page(
            200,
            f"{self._bot_name} is now in {where}",
            f"Write to it in Slack, or invite it to a channel with /invite @{self._bot_name} and try "
            "/summarize there.",
            (str(self._slack("app_redirect").with_query(opening)), "Open Slack"),
        )

    def _is_allowed(self, installation: Installation) -> bool:
        allowed = self._oauth.allowed
        return not allowed or not allowed.isdisjoint({workspace_id(installation), installation.enterprise_id})

    async def _not_allowed(self, installation: Installation) -> web.Response:
        """Hand back what Slack granted. One that installed the bot before keeps it: to revoke its token would
        have everything erased that was said there."""
        name = for_log(workspace_id(installation))
        log.warning("workspace %s is not in SLACK_ALLOWED_WORKSPACES: it was not installed", name)
        if self._installations.known(workspace_id(installation)) is None:
            client = self._clients.make_hasty(installation.bot_token)
            try:
                await trouble_apart(client.auth_revoke)
            except (SlackApiError, PlatformError, *CONNECTION_ERRORS) as error:
                log.warning("its token could not be revoked: %s", type(error).__name__)
        return self._again(
            403,
            "Only some workspaces may add this bot, and not this one. Whoever runs it can allow it.",
        )

    def _refused(self, code: str) -> web.Response:
        if code in _USED_UP:
            return self._again(400, "Slack's part of this link has expired or was used already.")
        if self._told.is_news(code):
            log.error("an installation failed, and others will: Slack answered %s", code or "something else")
        return self._again(
            500, "The bot is not set up rightly for this. Whoever runs it finds why in its log."
        )

    async def _was_begun_here(self, request: web.Request) -> bool:
        state, known = request.query.get("state", ""), request.cookies.get(COOKIE, "")
        if not state or not hmac.compare_digest(
            state.encode(errors="replace"), known.encode(errors="replace")
        ):
            return False
        try:
            return await self._tokens.consume_state(state)
        except StorageError as error:
            log.error("an installation could not go on: %s", error)
            return False

    def _again(self, status: int, why: str) -> web.Response:
        link = (str(self._public / INSTALL_PATH.lstrip("/")), "Start again")
        return _page(status, f"{self._bot_name} was not added", why, link)

    @property
    def _redirect_uri(self) -> URL:
        return self._public / REDIRECT_PATH.lstrip("/")

    def _slack_address(self, state: str) -> URL:
        asked = {
            "client_id": self._oauth.client_id,
            "scope": ",".join(NAMES),
            "redirect_uri": str(self._redirect_uri),
            "state": state,
        }
        return self._slack("oauth/v2/authorize").with_query(asked)

    def _slack(self, path: str) -> URL:
        """A page for people at Slack, or at the server in its place."""
        return URL(self._clients.base_url).with_path(f"/{path}")


def to_installation(granted: Payload) -> Installation:
    """What Slack granted. Tokens of people are not kept, since nothing needs them."""
    enterprise, team = part(granted, "enterprise"), part(granted, "team")
    return Installation(
        app_id=text(granted, "app_id"),
        enterprise_id=text(enterprise, "id") or None,
        enterprise_name=text(enterprise, "name") or None,
        team_id=text(team, "id") or None,
        team_name=text(team, "name") or None,
        bot_token=text(granted, "access_token"),
        bot_user_id=text(granted, "bot_user_id"),
        bot_scopes=text(granted, "scope"),
        user_id=text(part(granted, "authed_user"), "id"),
        is_enterprise_install=granted.get("is_enterprise_install") is True,
        token_type=text(granted, "token_type"),
    )


def _page(status: int, title: str, paragraph: str, link: tuple[str, str]) -> web.Response:
    address, label = map(escape, link)
    paragraphs = f'<p>{escape(paragraph)}</p>\n<p><a class="button" href="{address}">{label}</a></p>'
    body = _PAGE.format(title=escape(title), style=_STYLE, paragraphs=paragraphs)
    return web.Response(status=status, text=body, content_type="text/html", headers=_HEADERS)
