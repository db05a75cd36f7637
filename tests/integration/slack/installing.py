"""What people do in their browsers to install the app, on a bot that many workspaces install."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import aiohttp
from yarl import URL

from bot.platforms.slack import OAuth
from bot.platforms.slack.sealing import new_key
from tests.integration.conversation.script import Script, echo
from tests.integration.slack.fake_methods_team import CLIENT_ID, CLIENT_SECRET
from tests.integration.slack.fake_slack import FakeSlack
from tests.integration.slack.rig import Bot, free_port, http_of, running

KEY = new_key()


def oauth_of(slack: FakeSlack, *keys: str, secret: str = CLIENT_SECRET) -> OAuth:
    """An app that many workspaces install, whose pages are where the bot listens, or beside Socket Mode."""
    http = http_of(slack)
    port = http.port if http else free_port()
    return OAuth(CLIENT_ID, secret, keys or (KEY,), f"http://127.0.0.1:{port}", "127.0.0.1", port)


@dataclass
class Page:
    """What a browser was shown."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def link(self) -> URL:
        """Where the button leads."""
        found = re.search(r'<a class="button" href="([^"]*)"', self.text)
        assert found is not None
        return URL(unescape(found[1]))


class Browser:
    """Somebody's browser, with its cookies."""

    def __init__(self, session: aiohttp.ClientSession, slack: FakeSlack, oauth: OAuth) -> None:
        self._session = session
        self._slack = slack
        self._address = URL(oauth.public_url)

    async def get(self, path: str, **query: str) -> Page:
        """One of the bot's pages."""
        async with self._session.get((self._address / path).with_query(query)) as response:
            return Page(response.status, await response.text(), dict(response.headers))

    async def begin(self) -> str:
        """Open the page of the link to Slack; the state in that."""
        page = await self.get("slack/install")
        assert page.status == 200
        return page.link.query["state"]

    async def end(self, state: str, **query: str) -> Page:
        """Come back from Slack."""
        return await self.get("slack/oauth_redirect", state=state, **query)

    async def install(self, team_id: str) -> Page:
        """Install the app in a workspace."""
        state = await self.begin()
        return await self.end(state, code=self._slack.web.code_for(team_id))


@asynccontextmanager
async def browser(slack: FakeSlack, oauth: OAuth) -> AsyncIterator[Browser]:
    """A browser without cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session, slack, oauth)


@asynccontextmanager
async def installed(
    slack: FakeSlack, database: Path, *teams: str, script: Script = echo
) -> AsyncIterator[Bot]:
    """A bot that is connected, and that these workspaces installed."""
    oauth = oauth_of(slack)
    async with running(slack, database, script, oauth=oauth) as bot, browser(slack, oauth) as somebody:
        for team in teams:
            page = await somebody.install(team)
            assert page.status == 200, page.text
        yield bot
