"""What the fake Discord's HTTP API tells of its server, its people and the application; and its files."""

from __future__ import annotations

from aiohttp import web

from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_door import PREFIX, Handler, RefusalError, answer
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload


class Guild:
    """Read-only routes over the state of `discord`."""

    def __init__(self, discord: FakeDiscord) -> None:
        self._discord = discord

    def add_routes(self, application: web.Application) -> None:
        guild = "/guilds/{guild}"
        routes: list[tuple[str, Handler]] = [
            ("/gateway/bot", self._gateway),
            ("/applications/@me", self._application),
            ("/oauth2/applications/@me", self._application),
            ("/users/@me/guilds", self._guilds),
            (guild, self._guild),
            (f"{guild}/channels", self._channels),
            (f"{guild}/roles", self._roles),
            (f"{guild}/members/{{user}}", self._member),
            (f"{guild}/threads/active", self._threads),
            ("/channels/{channel}/thread-members", self._thread_members),
            ("/channels/{channel}/thread-members/{user}", self._thread_member),
        ]
        for path, handler in routes:
            application.router.add_get(PREFIX + path, handler)
        application.router.add_get("/cdn/{path:.+}", self._file)

    async def _gateway(self, request: web.Request) -> web.Response:
        gateway = self._discord.gateway
        left = {"remaining": gateway.sessions_left, "reset_after": 14_400_000}
        limit = {"total": 1000, "max_concurrency": 1} | left
        return answer(
            {"url": gateway.url, "shards": gateway.recommended_shards, "session_start_limit": limit}
        )

    async def _application(self, request: web.Request) -> web.Response:
        return answer(
            {
                "id": self._discord.bot["id"],
                "name": "Parley",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "summary": "",
                "verify_key": "0" * 64,
                "team": None,
                "owner": self._discord.ann,
                "flags": self._discord.application_flags,
                "integration_types_config": {"0": {}, "1": {}},
            }
        )

    async def _guilds(self, request: web.Request) -> web.Response:
        """The servers of the bot: one."""
        permissions = str(self._discord.permissions(self._discord.bot, self._discord.general))
        home = {"id": str(self._discord.guild_id), "name": "Home", "icon": None, "banner": None}
        known = int(request.query.get("after", 0)) >= self._discord.guild_id
        return answer([] if known else [home | {"owner": False, "permissions": permissions, "features": []}])

    async def _guild(self, request: web.Request) -> web.Response:
        gateway_only = ("channels", "threads", "members", "voice_states", "presences")
        home = self._home(request)
        return answer({name: value for name, value in home.items() if name not in gateway_only})

    async def _channels(self, request: web.Request) -> web.Response:
        home = self._home(request)
        return answer([channel | {"guild_id": home["id"]} for channel in home["channels"]])

    async def _roles(self, request: web.Request) -> web.Response:
        return answer(self._home(request)["roles"])

    async def _member(self, request: web.Request) -> web.Response:
        self._home(request)
        person = self._discord.people.get(request.match_info["user"])
        if person is None:
            raise RefusalError(404, 10007)
        return answer({**payloads.member(self._discord.roles_of(person)), "user": person})

    async def _threads(self, request: web.Request) -> web.Response:
        self._home(request)
        own = [place for place in self._discord.places.values() if place.guild_id == self._discord.guild_id]
        threads = [self._discord.channel(place) for place in own if place.parent]
        return answer({"threads": threads, "members": []})

    async def _thread_members(self, request: web.Request) -> web.Response:
        place = self._discord.places[int(request.match_info["channel"])]
        return answer([_thread_member(place.id, person) for person in sorted(place.members)])

    async def _thread_member(self, request: web.Request) -> web.Response:
        place = self._discord.places[int(request.match_info["channel"])]
        if request.match_info["user"] not in place.members:
            raise RefusalError(404, 10007)
        return answer(_thread_member(place.id, request.match_info["user"]))

    async def _file(self, request: web.Request) -> web.Response:
        data = self._discord.uploads.get(request.match_info["path"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    def _home(self, request: web.Request) -> Payload:
        if int(request.match_info["guild"]) != self._discord.guild_id:
            raise RefusalError(403, 50001)
        return self._discord.home()


def _thread_member(thread_id: int, user_id: str) -> Payload:
    joined = "2026-01-01T00:00:00+00:00"
    return {"id": str(thread_id), "user_id": user_id, "join_timestamp": joined, "flags": 0}
