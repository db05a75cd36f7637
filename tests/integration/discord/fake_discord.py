"""A Discord on loopback: a server, its people and the bot, seen and moved by the test.

`FakeDiscord` keeps the messages and says what people do; the bot comes in by `rest` and by `gateway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from aiohttp import web

from tests.integration.discord.fake_door import Door
from tests.integration.discord.fake_gateway import Gateway, Session
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

LOADING, EPHEMERAL, SUPPRESS_EMBEDS = 1 << 7, 1 << 6, 1 << 2
MANAGE_CHANNELS = 1 << 4
TOKEN = "bot-token-that-must-stay-secret"


@dataclass
class Place:
    """A channel, a thread or a direct conversation, with its messages by id; `hidden` are those that one
    person alone sees."""

    id: int
    guild_id: int | None = None
    messages: dict[int, Payload] = field(default_factory=dict)
    hidden: dict[int, Payload] = field(default_factory=dict)


@dataclass
class Interaction:
    """A command that a person gave. `original_id` is the bot's first answer, once it was deferred."""

    id: int
    token: str
    author: Payload
    place: Place
    given_at_s: float
    original_id: int | None = None
    is_expired: bool = False


class FakeDiscord:
    """The server's state. Use it with `async with`; `api_url` and `gateway_url` are then known."""

    def __init__(self) -> None:
        self.bot = payloads.user(snowflake(), "Parley", is_bot=True)
        self.ann, self.ben = payloads.user(snowflake(), "Ann"), payloads.user(snowflake(), "Ben")
        self.robot = payloads.user(snowflake(), "Robot", is_bot=True)
        guild_id = snowflake()
        self.general, self.other = Place(snowflake(), guild_id), Place(snowflake(), guild_id)
        self.thread, self.direct = Place(snowflake(), guild_id), Place(snowflake())
        self.elsewhere = Place(snowflake(), snowflake())
        every_place = (self.general, self.other, self.thread, self.direct, self.elsewhere)
        self.places = {place.id: place for place in every_place}
        self.tells_threads = True
        self.is_thread_private = False
        self.guild_id = guild_id
        self.manager_role = snowflake()
        self.interactions: dict[int, Interaction] = {}
        self.commands: list[Payload] = []
        self.managers = {self.ann["id"]}
        self.takes_direct_messages = True
        self.nonces: dict[str, Payload] = {}
        self.typing: list[int] = []
        self.gateway = Gateway(TOKEN, self.bot, self._greet)
        self.rest = Door(TOKEN)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeDiscord:
        from tests.integration.discord.fake_rest import Rest

        application = Rest(self, self.rest).application()
        application.router.add_get("/gateway/", self.gateway.connect)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}/api/v10"
        self.gateway_url = self.gateway.url = f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # --- what people do ----------------------------------------------------------------------

    def say(
        self,
        text: str,
        author: Payload | None = None,
        place: Place | None = None,
        *,
        calls: bool = False,
        answering: int | None = None,
        **more: Any,
    ) -> int:
        """A person writes; `calls` puts a mention of the bot before it. Returns the message's id."""
        place = place or self.general
        content = f"<@{self.bot['id']}> {text}" if calls else text
        mentions = [self.bot] if calls else []
        answered = place.messages[answering] if answering else None
        payload = payloads.message(
            author or self.ann,
            content,
            place.id,
            guild_id=place.guild_id,
            mentions=mentions,
            answered=answered,
            **more,
        )
        if place.guild_id is not None:
            payload["member"] = payloads.member(self._roles(payload["author"]))
        return self.add(place, payload)

    def edit(self, message_id: int, text: str) -> None:
        """A person changes the words of a message; a mention before them stays."""
        place = self.place_of(message_id)
        old = place.messages[message_id]
        call = f"<@{self.bot['id']}> " if old["mentions"] else ""
        self.change(place, old | {"content": call + text, "edited_timestamp": _now()})

    def delete(self, *message_ids: int) -> None:
        """Messages are deleted, several in bulk."""
        place = self.place_of(message_ids[0])
        for message_id in message_ids:
            del place.messages[message_id]
        where: Payload = {"channel_id": str(place.id)}
        if place.guild_id:
            where["guild_id"] = str(place.guild_id)
        if len(message_ids) > 1:
            ids = [str(message_id) for message_id in message_ids]
            self.gateway.dispatch("MESSAGE_DELETE_BULK", {"ids": ids} | where)
        else:
            self.gateway.dispatch("MESSAGE_DELETE", {"id": str(message_ids[0])} | where)

    def command(
        self,
        name: str,
        options: Mapping[str, str] | None = None,
        author: Payload | None = None,
        place: Place | None = None,
    ) -> Interaction:
        """A person gives a slash command, one of those that the bot registered."""
        registered = next(command for command in self.commands if command["name"] == name)
        known = {option["name"] for option in registered["options"]}
        assert set(options or {}) <= known, f"/{name} has no option {set(options or {}) - known}"
        now_s = asyncio.get_running_loop().time()
        interaction = Interaction(
            snowflake(), token_urlsafe(60), author or self.ann, place or self.general, now_s
        )
        self.interactions[interaction.id] = interaction
        self.gateway.dispatch("INTERACTION_CREATE", self._invocation(interaction, name, options or {}))
        return interaction

    # --- what can be seen --------------------------------------------------------------------

    def posts(self, place: Place | None = None) -> list[Payload]:
        """The bot's messages in a place, oldest first."""
        messages = (place or self.general).messages
        return [messages[key] for key in sorted(messages) if messages[key]["author"]["id"] == self.bot["id"]]

    def texts(self, place: Place | None = None) -> list[str]:
        """What the bot's messages in a place say."""
        return [post["content"] for post in self.posts(place)]

    def whispers(self, place: Place | None = None) -> list[str]:
        """What the bot's messages say that one person alone sees."""
        hidden = (place or self.general).hidden
        return [hidden[key]["content"] for key in sorted(hidden)]

    @property
    def problems(self) -> list[str]:
        """All that a good citizen of Discord would not have done."""
        return self.rest.problems + self.gateway.problems

    # --- for the two doors -------------------------------------------------------------------

    def channel(self, place: Place) -> Payload:
        """A place as Discord describes it."""
        if place is self.thread:
            owner_id = int(self.ann["id"])
            thread = payloads.thread_channel(place.id, "cats", self.guild_id, self.general.id, owner_id)
            return {**thread, "type": 12 if self.is_thread_private else 11}
        if place.guild_id is None:
            return {"id": str(place.id), "type": 1, "recipients": [self.ann], "last_message_id": None}
        names = {self.general.id: "general", self.other.id: "other"}
        return payloads.text_channel(place.id, names.get(place.id, "elsewhere"))

    def place_of(self, message_id: int) -> Place:
        return next(place for place in self.places.values() if message_id in place.messages)

    def add(self, place: Place, payload: Payload) -> int:
        """Keep a message and tell everybody. The nonce is told and not kept. Nobody is told of a message for
        one person."""
        message_id = int(payload["id"])
        if payload["flags"] & EPHEMERAL:
            place.hidden[message_id] = payload
            return message_id
        place.messages[message_id] = {key: value for key, value in payload.items() if key != "nonce"}
        self.gateway.dispatch("MESSAGE_CREATE", payload)
        return message_id

    def change(self, place: Place, payload: Payload) -> Payload:
        """A message reads otherwise from now on."""
        if payload["flags"] & EPHEMERAL:
            place.hidden[int(payload["id"])] = payload
            return payload
        place.messages[int(payload["id"])] = payload
        self.gateway.dispatch("MESSAGE_UPDATE", payload)
        return payload

    def _greet(self, session: Session) -> None:
        channels = [self.channel(self.general), self.channel(self.other)]
        threads = [self.channel(self.thread)] if self.tells_threads else []
        may_manage = payloads.role(self.manager_role, "Managers", MANAGE_CHANNELS)
        home = payloads.guild(
            self.guild_id, "Home", self.bot, channels=channels, threads=threads, roles=[may_manage]
        )
        session.dispatch("GUILD_CREATE", home)

    def _roles(self, author: Payload) -> list[int]:
        return [self.manager_role] if author["id"] in self.managers else []

    def _invocation(self, interaction: Interaction, name: str, options: Mapping[str, str]) -> Payload:
        place, author = interaction.place, interaction.author
        manages = author["id"] in self.managers
        chosen = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        return {
            "id": str(interaction.id),
            "application_id": self.bot["id"],
            "type": 2,
            "token": interaction.token,
            "version": 1,
            "channel_id": str(place.id),
            "channel": self.channel(place),
            "data": {"id": str(snowflake()), "name": name, "type": 1, "options": chosen},
            "locale": "en-US",
            "app_permissions": str(payloads.EVERYTHING),
            "entitlements": [],
            "authorizing_integration_owners": {"1": author["id"]},
            "context": 0 if place.guild_id else 1,
            "attachment_size_limit": 1000,
            **(
                {
                    "guild_id": str(place.guild_id),
                    "guild_locale": "en-US",
                    "member": {
                        **payloads.member(self._roles(author)),
                        "user": author,
                        "permissions": str(payloads.EVERYBODY | (MANAGE_CHANNELS if manages else 0)),
                    },
                }
                if place.guild_id
                else {"user": author}
            ),
        }


def _now() -> str:
    return datetime.now(UTC).isoformat()
