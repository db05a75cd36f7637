"""A Discord on loopback: a server, its people and the bot, seen and moved by the test.

`FakeDiscord` keeps the messages and says what people do; the bot comes in by `rest` and by `gateway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from aiohttp import web

from tests.integration.discord.fake_door import Door
from tests.integration.discord.fake_gateway import Gateway, Session
from tests.integration.discord.fake_places import (
    MANAGE_CHANNELS,
    MANAGE_MESSAGES,
    Interaction,
    Place,
)
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

LOADING, EPHEMERAL, SUPPRESS_EMBEDS = 1 << 7, 1 << 6, 1 << 2
COMMAND, COMPONENT, AUTOCOMPLETE = 2, 3, 4
SLASH, MENU = 1, 3
INTEGER, CHANNEL = 4, 7
TOKEN = "bot-token-that-must-stay-secret"
SUGGEST_WITHIN_S = 3.0

__all__ = ["EPHEMERAL", "LOADING", "SUPPRESS_EMBEDS", "TOKEN", "FakeDiscord", "Interaction", "Place"]


class FakeDiscord:
    """The server's state. Use it with `async with`; `api_url`, `gateway_url` and `cdn_url` are then known.

    `managers` may manage channels and messages, `moderators` messages, by their ids. `elsewhere` is a channel
    of a server that the bot is no member of, `group` a talk between people.
    """

    def __init__(self) -> None:
        self.bot = payloads.user(snowflake(), "Parley", is_bot=True)
        self.ann, self.ben = payloads.user(snowflake(), "Ann"), payloads.user(snowflake(), "Ben")
        self.robot = payloads.user(snowflake(), "Robot", is_bot=True)
        self.people = {person["id"]: person for person in (self.bot, self.ann, self.ben, self.robot)}
        self.guild_id = guild_id = snowflake()
        self.general = Place(snowflake(), guild_id, "general")
        self.other = Place(snowflake(), guild_id, "other")
        self.thread = Place(snowflake(), guild_id, "cats", parent=self.general)
        self.direct = Place(snowflake(), person=self.ann["id"])
        self.elsewhere = Place(snowflake(), snowflake())
        self.group = Place(snowflake())
        every_place = (self.general, self.other, self.thread, self.direct, self.elsewhere, self.group)
        self.places = {place.id: place for place in every_place}
        self.tells_threads = True
        self.manager_role, self.moderator_role = snowflake(), snowflake()
        self.interactions: dict[int, Interaction] = {}
        self.commands: list[Payload] = []
        self.managers, self.moderators = {self.ann["id"]}, set[str]()
        self.takes_direct_messages = True
        self.nonces: dict[str, Payload] = {}
        self.typing: list[int] = []
        self.uploads: dict[str, bytes] = {}
        self.attachment_size_limit = 10 * 1024 * 1024
        # Message content is an intent that the portal allows, for few servers.
        self.application_flags = 1 << 19
        self.gateway = Gateway(TOKEN, self.bot, self._greet)
        self.gateway.guild_ids.append(guild_id)
        self.rest = Door(TOKEN)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeDiscord:
        from tests.integration.discord.fake_guild import Guild
        from tests.integration.discord.fake_rest import Rest

        application = Rest(self, self.rest).application()
        Guild(self).add_routes(application)
        application.router.add_get("/gateway/", self.gateway.connect)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}/api/v10"
        self.cdn_url = f"http://127.0.0.1:{port}/cdn"
        self.gateway_url = self.gateway.url = f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def is_thread_private(self) -> bool:
        return self.thread.is_private

    @is_thread_private.setter
    def is_thread_private(self, is_private: bool) -> None:
        self.thread.is_private = is_private

    # --- what people say ---------------------------------------------------------------------

    def say(
        self,
        text: str,
        author: Payload | None = None,
        place: Place | None = None,
        *,
        calls: bool = False,
        answering: int | None = None,
        beside: Sequence[Payload] = (),
        is_told: bool = True,
        **more: Any,
    ) -> int:
        """A person writes; `calls` puts a mention of the bot before it, `beside` are others mentioned.
        Without `is_told` the gateway says nothing of it, as if the bot had not been there. Returns the
        message's id."""
        place = place or self.general
        content = f"<@{self.bot['id']}> {text}" if calls else text
        mentions = [*([self.bot] if calls else ()), *beside]
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
            payload["member"] = payloads.member(self.roles_of(payload["author"]))
        return self.add(place, payload, is_told=is_told)

    def edit(self, message_id: int, text: str, *, is_told: bool = True) -> None:
        """A person changes the words of a message; a mention before them stays."""
        place = self.place_of(message_id)
        old = place.messages[message_id]
        call = f"<@{self.bot['id']}> " if old["mentions"] else ""
        new = old | {"content": call + text, "edited_timestamp": _now()}
        if is_told:
            self.change(place, new)
        else:
            place.messages[message_id] = new

    def delete(self, *message_ids: int, is_told: bool = True) -> None:
        """Messages are deleted, several in bulk."""
        place = self.place_of(message_ids[0])
        for message_id in message_ids:
            del place.messages[message_id]
        if not is_told:
            return
        if len(message_ids) > 1:
            ids = [str(message_id) for message_id in message_ids]
            self.gateway.dispatch("MESSAGE_DELETE_BULK", {"ids": ids} | self._where(place))
        else:
            self.gateway.dispatch("MESSAGE_DELETE", {"id": str(message_ids[0])} | self._where(place))

    def react(self, message_id: int, emoji: str, author: Payload | None = None) -> None:
        """A person puts an emoji under a message."""
        place, author = self.place_of(message_id), author or self.ann
        reaction = {
            "user_id": author["id"],
            "message_id": str(message_id),
            "message_author_id": place.messages[message_id]["author"]["id"],
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
            **self._where(place),
        }
        if place.guild_id:
            reaction["member"] = {**payloads.member(self.roles_of(author)), "user": author}
        self.gateway.dispatch("MESSAGE_REACTION_ADD", reaction)

    def upload(self, name: str, data: bytes, content_type: str | None = None) -> Payload:
        """A file that a person attaches to a message."""
        path = f"attachments/{snowflake()}/{name}"
        self.uploads[path] = data
        return payloads.attachment(name, len(data), f"{self.cdn_url}/{path}", content_type)

    # --- what people do with the bot's own surfaces -------------------------------------------

    def command(
        self,
        name: str,
        options: Mapping[str, str] | None = None,
        author: Payload | None = None,
        place: Place | None = None,
        *,
        locale: str = "en-US",
    ) -> Interaction:
        """A person gives a slash command, one of those that the bot registered."""
        registered = self._registered(name, SLASH)
        kinds = {option["name"]: option["type"] for option in registered.get("options", ())}
        unknown = set(options or {}) - set(kinds)
        assert not unknown, f"/{name} has no option {unknown}"
        chosen = [
            {"name": key, "type": kinds[key], "value": int(value) if kinds[key] == INTEGER else value}
            for key, value in (options or {}).items()
        ]
        data: Payload = {"id": registered["id"], "name": name, "type": SLASH, "options": chosen}
        channels = [self.places[int(item["value"])] for item in chosen if item["type"] == CHANNEL]
        if channels:
            data["resolved"] = {
                "channels": {
                    str(place.id): {**self.channel(place), "permissions": str(payloads.EVERYBODY)}
                    for place in channels
                }
            }
        return self._interact(COMMAND, data, author, place, locale)

    def menu(
        self, name: str, target_id: int, author: Payload | None = None, *, locale: str = "en-US"
    ) -> Interaction:
        """A person picks an entry of a message's menu, one of those that the bot registered."""
        place = self.place_of(target_id)
        data = {
            "id": self._registered(name, MENU)["id"],
            "name": name,
            "type": MENU,
            "target_id": str(target_id),
            "resolved": {"messages": {str(target_id): place.seen[target_id]}},
        }
        return self._interact(COMMAND, data, author, place, locale)

    def press(
        self, post_id: int, custom_id: str, author: Payload | None = None, *, locale: str = "en-US"
    ) -> Interaction:
        """A person presses a button under a message. (A forged custom id is one that is not there.)"""
        place = self.place_of(post_id)
        data = {"custom_id": custom_id, "component_type": payloads.BUTTON, "id": 1}
        message = {"message": place.seen[post_id]}
        return self._interact(COMPONENT, data, author, place, locale, **message)

    async def type_ahead(
        self,
        name: str,
        option: str,
        typed: str,
        author: Payload | None = None,
        *,
        place: Place | None = None,
        locale: str = "en-US",
    ) -> list[dict[str, Any]]:
        """A person types into an option of a slash command; what the bot suggests."""
        registered = self._registered(name, SLASH)
        known = next(known for known in registered["options"] if known["name"] == option)
        assert known.get("autocomplete"), f"/{name} {option} suggests nothing"
        focused = {"name": option, "type": known["type"], "value": typed, "focused": True}
        data = {"id": registered["id"], "name": name, "type": SLASH, "options": [focused]}
        interaction = self._interact(AUTOCOMPLETE, data, author, place, locale)
        assert interaction.choices is not None
        return await asyncio.wait_for(interaction.choices, SUGGEST_WITHIN_S)

    # --- what people do with the server -------------------------------------------------------

    def open_channel(self, name: str, *, nsfw: bool = False) -> Place:
        """A channel is made."""
        place = Place(snowflake(), self.guild_id, name, nsfw=nsfw)
        return self._open(place, "CHANNEL_CREATE", {})

    def open_thread(
        self,
        parent: Place,
        name: str,
        *,
        starter: int | None = None,
        private: bool = False,
        members: Iterable[Payload] = (),
    ) -> Place:
        """A thread is opened, on a message of its channel where there is a `starter`."""
        place = Place(starter or snowflake(), self.guild_id, name, parent=parent, is_private=private)
        place.members = {person["id"] for person in (self.bot, *members)}
        return self._open(place, "THREAD_CREATE", {"newly_created": True})

    def close(self, place: Place) -> None:
        """A channel or a thread is deleted."""
        del self.places[place.id]
        event = "THREAD_DELETE" if place.parent else "CHANNEL_DELETE"
        self.gateway.dispatch(event, {**self.channel(place), **self._guild(place)})

    def deny(self, place: Place, permissions: int, who: Payload | None = None) -> None:
        """Somebody, the bot where nobody is named, may not do this in a channel and its threads any more."""
        place.denied[(who or self.bot)["id"]] = permissions
        self.gateway.dispatch("CHANNEL_UPDATE", {**self.channel(place), **self._guild(place)})

    def allow(self, place: Place) -> None:
        """Everybody may do again what everybody may do."""
        place.denied.clear()
        self.gateway.dispatch("CHANNEL_UPDATE", {**self.channel(place), **self._guild(place)})

    def direct_of(self, person: Payload) -> Place:
        """The direct conversation of a person with the bot; Ann's is `direct`."""
        known = (place for place in self.places.values() if place.person == person["id"])
        if (place := next(known, None)) is None:
            place = Place(snowflake(), person=person["id"])
            self.places[place.id] = place
        return place

    # --- what can be seen --------------------------------------------------------------------

    def posts(self, place: Place | None = None) -> list[Payload]:
        """The bot's messages in a place, oldest first."""
        messages = (place or self.general).messages
        return [messages[key] for key in sorted(messages) if messages[key]["author"]["id"] == self.bot["id"]]

    def texts(self, place: Place | None = None) -> list[str]:
        """What the bot's messages in a place say."""
        return [payloads.text_of(post) for post in self.posts(place)]

    def whispered(self, place: Place | None = None) -> list[Payload]:
        """The bot's messages that one person alone sees, oldest first."""
        hidden = (place or self.general).hidden
        return [hidden[key] for key in sorted(hidden)]

    def whispers(self, place: Place | None = None) -> list[str]:
        """What they say."""
        return [payloads.text_of(post) for post in self.whispered(place)]

    def files(self, post: Payload) -> dict[str, bytes]:
        """What is attached to a message, by name."""
        prefix = f"{self.cdn_url}/"
        return {
            item["filename"]: self.uploads[item["url"].removeprefix(prefix)] for item in post["attachments"]
        }

    @property
    def problems(self) -> list[str]:
        """All that a good citizen of Discord would not have done."""
        return self.rest.problems + self.gateway.problems

    # --- for the two doors -------------------------------------------------------------------

    def channel(self, place: Place) -> Payload:
        """A place as Discord describes it."""
        return place.described(self.people[place.person] if place.person else self.ann)

    def place_of(self, message_id: int) -> Place:
        return next(place for place in self.places.values() if message_id in place.seen)

    def permissions(self, person: Payload, place: Place) -> int:
        """What a person may do in a place, as bits."""
        if place.guild_id is None:
            return payloads.EVERYTHING
        extra = MANAGE_CHANNELS | MANAGE_MESSAGES if person["id"] in self.managers else 0
        extra |= MANAGE_MESSAGES if person["id"] in self.moderators else 0
        return (payloads.EVERYBODY | extra) & ~place.denied_to(person)

    def roles_of(self, person: Payload) -> list[int]:
        """The roles of a person beside @everyone."""
        manages = [self.manager_role] if person["id"] in self.managers else []
        return manages + ([self.moderator_role] if person["id"] in self.moderators else [])

    def add(self, place: Place, payload: Payload, *, is_told: bool = True) -> int:
        """Keep a message and tell everybody. The nonce is told and not kept. Nobody is told of a message for
        one person."""
        message_id = int(payload["id"])
        if payload["flags"] & EPHEMERAL:
            place.hidden[message_id] = payload
            return message_id
        place.messages[message_id] = {key: value for key, value in payload.items() if key != "nonce"}
        if is_told:
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

    def home(self) -> Payload:
        """The server as the gateway tells of it."""
        own = [place for place in self.places.values() if place.guild_id == self.guild_id]
        threads = [self.channel(place) for place in own if place.parent and self.tells_threads]
        return payloads.guild(
            self.guild_id,
            "Home",
            self.bot,
            channels=[self.channel(place) for place in own if not place.parent],
            threads=threads,
            roles=[
                payloads.role(self.manager_role, "Managers", MANAGE_CHANNELS | MANAGE_MESSAGES),
                payloads.role(self.moderator_role, "Moderators", MANAGE_MESSAGES),
            ],
        )

    def _greet(self, session: Session) -> None:
        if session.covers(self.guild_id):
            session.dispatch("GUILD_CREATE", self.home())

    def _open(self, place: Place, event: str, more: Payload) -> Place:
        self.places[place.id] = place
        self.gateway.dispatch(event, {**self.channel(place), **self._guild(place), **more})
        return place

    def _guild(self, place: Place) -> Payload:
        return {"guild_id": str(place.guild_id)} if place.guild_id else {}

    def _where(self, place: Place) -> Payload:
        return {"channel_id": str(place.id), **self._guild(place)}

    def _registered(self, name: str, kind: int) -> Payload:
        return next(
            command
            for command in self.commands
            if command["name"] == name and command.get("type", SLASH) == kind
        )

    def _interact(
        self, kind: int, data: Payload, author: Payload | None, place: Place | None, locale: str, **more: Any
    ) -> Interaction:
        loop = asyncio.get_running_loop()
        author, place = author or self.ann, place or self.general
        interaction = Interaction(snowflake(), token_urlsafe(60), author, place, loop.time(), kind)
        if kind == AUTOCOMPLETE:
            interaction.choices = loop.create_future()
        if kind == COMPONENT:
            interaction.message_id = int(more["message"]["id"])
        self.interactions[interaction.id] = interaction
        self.gateway.dispatch("INTERACTION_CREATE", self._told(interaction, data, locale) | more)
        return interaction

    def _told(self, interaction: Interaction, data: Payload, locale: str) -> Payload:
        place, author = interaction.place, interaction.author
        is_member = place.guild_id in (None, self.guild_id) and not place.is_group
        payload: Payload = {
            "id": str(interaction.id),
            "application_id": self.bot["id"],
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "channel_id": str(place.id),
            "channel": self.channel(place),
            "data": data,
            "locale": locale,
            "app_permissions": str(self.permissions(self.bot, place)),
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(place.guild_id or 0)}
            if is_member
            else {"1": author["id"]},
            "context": 0 if place.guild_id else 2 if place.is_group else 1,
            "attachment_size_limit": self.attachment_size_limit,
        }
        if place.guild_id is None:
            return payload | {"user": author}
        member = {
            **payloads.member(self.roles_of(author)),
            "user": author,
            "permissions": str(self.permissions(author, place)),
        }
        return payload | {"guild_id": str(place.guild_id), "guild_locale": "en-US", "member": member}


def _now() -> str:
    return datetime.now(UTC).isoformat()
