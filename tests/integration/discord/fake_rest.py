"""Discord's HTTP API behind the door, as much of it as the bot uses.

Error codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.integration.discord.fake_discord import (
    AUTOCOMPLETE,
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    FakeDiscord,
)
from tests.integration.discord.fake_door import BODY, FILES, PREFIX, Door, Handler, RefusalError, answer
from tests.integration.discord.fake_places import (
    ATTACH_FILES,
    READ_MESSAGE_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Interaction,
    Place,
)
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import (
    ACTION_ROW,
    COMPONENTS_V2,
    FILE,
    TEXT_DISPLAY,
    Payload,
    snowflake,
)

ANSWER_WITHIN_S = 3.0
DEFER, KEEP, UPDATE, SUGGESTIONS = 5, 6, 7, 8
"""Callbacks beside 4, a message at once: "is thinking", the message stays or changes, suggestions."""


class Rest:
    """Serves requests from the state of `discord`, and notes on the door what no good citizen does."""

    def __init__(self, discord: FakeDiscord, door: Door) -> None:
        self._discord = discord
        self._door = door

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._door.let_in])
        message = "/channels/{channel}/messages/{message}"
        webhook = "/webhooks/{application}/{token}"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/users/@me", self._me),
            ("POST", "/users/@me/channels", self._direct),
            ("GET", "/applications/{application}/commands", self._registered),
            ("PUT", "/applications/{application}/commands", self._register),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/messages", self._post),
            ("GET", message, self._one),
            ("PATCH", message, self._edit),
            ("DELETE", message, self._delete),
            ("PUT", message + "/reactions/{emoji}/@me", self._react),
            ("DELETE", message + "/reactions/{emoji}/@me", self._react),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", webhook, self._follow_up),
            ("PATCH", webhook + "/messages/{message}", self._edit_answer),
            ("DELETE", webhook + "/messages/{message}", self._delete_answer),
        ]
        for method, path, handler in routes:
            application.router.add_route(method, PREFIX + path, handler)
        return application

    # --- the bot itself ----------------------------------------------------------------------

    async def _me(self, request: web.Request) -> web.Response:
        return answer(self._discord.bot)

    async def _direct(self, request: web.Request) -> web.Response:
        """The conversation with a person."""
        person = self._discord.people.get(str(request[BODY]["recipient_id"]))
        if person is None or person["bot"]:
            raise RefusalError(400, 50033)
        return answer(self._discord.channel(self._discord.direct_of(person)))

    async def _register(self, request: web.Request) -> web.Response:
        self._discord.commands = [{"id": str(snowflake()), **command} for command in request[BODY]]
        return answer(self._discord.commands)

    async def _registered(self, request: web.Request) -> web.Response:
        return answer(self._discord.commands)

    async def _channel(self, request: web.Request) -> web.Response:
        place = self._place(request)
        where = {"guild_id": str(place.guild_id)} if place.guild_id else {}
        return answer(self._discord.channel(place) | where)

    # --- messages ----------------------------------------------------------------------------

    async def _history(self, request: web.Request) -> web.Response:
        place = self._place(request)
        if place.denied_to(self._discord.bot) & READ_MESSAGE_HISTORY:
            return answer([])
        limit = int(request.query.get("limit", 50))
        ids = sorted(place.messages)
        if "after" in request.query:
            ids = [key for key in ids if key > int(request.query["after"])][:limit]
        elif "before" in request.query:
            ids = [key for key in ids if key < int(request.query["before"])][-limit:]
        elif "around" in request.query:
            middle = int(request.query["around"])
            nearest = sorted(ids, key=lambda key: abs(key - middle))[:limit]
            ids = sorted(nearest)
        else:
            ids = ids[-limit:]
        return answer([self._as_allowed(place, place.messages[message_id]) for message_id in reversed(ids)])

    async def _one(self, request: web.Request) -> web.Response:
        place = self._place(request)
        if place.denied_to(self._discord.bot) & READ_MESSAGE_HISTORY:
            raise RefusalError(403, 50001)
        message = place.messages.get(int(request.match_info["message"]))
        if message is None:
            raise RefusalError(404, 10008)
        return answer(self._as_allowed(place, message))

    def _as_allowed(self, place: Place, message: Payload) -> Payload:
        """As the gateway tells it, less the server and what its author is there. Without the intent for it
        the words of a server's messages are left out here too."""
        gateway = self._discord.gateway
        told = {name: value for name, value in message.items() if name not in ("guild_id", "member")}
        return gateway.as_allowed(~gateway.refused_intents, told, is_in_server=place.guild_id is not None)

    async def _post(self, request: web.Request) -> web.Response:
        place, body = self._place(request), request[BODY]
        self._may_write(request, place)
        self._judge(body, files=len(request[FILES]))
        if place.guild_id is None and not self._discord.takes_direct_messages:
            raise RefusalError(403, 50007)
        if body.get("flags", 0) & EPHEMERAL:
            self._door.problems.append("a message for one person outside of an interaction")
        if not body.get("enforce_nonce") or not body.get("nonce"):
            self._door.problems.append("a post without a nonce that is enforced")
        # What Discord made for this nonce is what it answers with, even where that was deleted since.
        if (known := self._discord.nonces.get(body["nonce"])) is not None:
            return answer(known)
        answered = self._answered(place, body.get("message_reference"))
        payload = self._message(place, body, request[FILES], answered=answered, nonce=body["nonce"])
        self._discord.nonces[body["nonce"]] = payload
        self._discord.add(place, payload)
        return answer(payload)

    def _may_write(self, request: web.Request, place: Place) -> None:
        denied = place.denied_to(self._discord.bot)
        if denied & (SEND_IN_THREADS if place.parent else SEND_MESSAGES):
            raise RefusalError(403, 50013)
        if request[FILES] and denied & ATTACH_FILES:
            raise RefusalError(403, 50013)

    def _answered(self, place: Place, reference: Payload | None) -> Payload | None:
        if reference is None:
            return None
        if place.denied_to(self._discord.bot) & READ_MESSAGE_HISTORY:
            raise RefusalError(400, 160002)
        if int(reference.get("channel_id", place.id)) != place.id:
            raise RefusalError(400, 50035)
        answered = place.messages.get(int(reference["message_id"]))
        if answered is None and reference.get("fail_if_not_exists", True):
            raise RefusalError(400, 50035)
        return answered

    async def _edit(self, request: web.Request) -> web.Response:
        place = self._place(request)
        old = place.messages.get(int(request.match_info["message"]))
        if old is None:
            raise RefusalError(404, 10008)
        if old["author"]["id"] != self._discord.bot["id"]:
            raise RefusalError(403, 50005)
        return answer(self._change(place, old, request[BODY], request[FILES]))

    def _change(self, place: Place, old: Payload, body: Payload, files: list[tuple[str, bytes]]) -> Payload:
        is_first = old["flags"] & LOADING
        # Who may see a message is settled when it is made; what is made of components stays so.
        flags = (body["flags"] if "flags" in body else old["flags"]) & ~LOADING
        flags = flags & ~EPHEMERAL | old["flags"] & (EPHEMERAL | COMPONENTS_V2)
        if flags & COMPONENTS_V2 and old["content"] and body.get("content", "") is not None:
            raise RefusalError(400, 50035)
        self._judge(body, flags, files=len(files), attachments=old["attachments"])
        now = None if is_first else datetime.now(UTC).isoformat()
        new = old | {
            "content": "" if flags & COMPONENTS_V2 else body.get("content", old["content"]),
            "components": _numbered((body if "components" in body else old)["components"] or []),
            "attachments": self._attachments(body, files, old["attachments"]),
            "flags": flags,
            "edited_timestamp": now,
        }
        return self._discord.change(place, new)

    async def _delete(self, request: web.Request) -> web.Response:
        message_id = int(request.match_info["message"])
        if message_id not in self._place(request).messages:
            raise RefusalError(404, 10008)
        self._discord.delete(message_id)
        return answer(None)

    async def _react(self, request: web.Request) -> web.Response:
        if int(request.match_info["message"]) not in self._place(request).messages:
            raise RefusalError(404, 10008)
        return answer(None)

    async def _typing(self, request: web.Request) -> web.Response:
        self._discord.typing.append(self._place(request).id)
        return answer(None)

    # --- commands ----------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._discord.interactions.get(int(request.match_info["interaction"]))
        if interaction is None or interaction.token != request.match_info["token"]:
            raise RefusalError(404, 10062)
        if interaction.is_answered:
            raise RefusalError(400, 40060)
        if asyncio.get_running_loop().time() - interaction.given_at_s > ANSWER_WITHIN_S:
            self._door.problems.append("a command was answered after more than three seconds")
            raise RefusalError(404, 10062)
        kind, data = request[BODY]["type"], request[BODY].get("data") or {}
        if (kind == SUGGESTIONS) != (interaction.kind == AUTOCOMPLETE):
            raise RefusalError(400, 50035)
        interaction.is_answered = True
        about = {"id": str(interaction.id), "type": interaction.kind}
        if kind == SUGGESTIONS:
            assert interaction.choices is not None
            if not interaction.choices.done():
                interaction.choices.set_result(data["choices"])
            return answer({"interaction": about})
        message = self._called_back(interaction, kind, data, request[FILES])
        about["response_message_id"] = message["id"]
        return answer({"interaction": about, "resource": {"type": kind, "message": message}})

    def _called_back(
        self, interaction: Interaction, kind: int, data: Payload, files: list[tuple[str, bytes]]
    ) -> Payload:
        place = interaction.place
        if kind in (KEEP, UPDATE):
            if interaction.message_id is None:
                raise RefusalError(400, 50035)
            interaction.original_id = interaction.message_id
            old = place.seen[interaction.message_id]
            return old if kind == KEEP else self._change(place, old, data, files)
        if kind == DEFER:
            body: Payload = {"content": "", "flags": LOADING | data.get("flags", 0) & EPHEMERAL}
        else:
            self._judge(data, files=len(files))
            body = data
        payload = self._message(place, body, files, interaction=interaction)
        interaction.original_id = self._discord.add(place, payload)
        interaction.told_ids.append(interaction.original_id)
        return payload

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        body, files = request[BODY], request[FILES]
        original = interaction.place.seen.get(interaction.original_id or 0)
        if original is not None and original["flags"] & LOADING:
            return answer(self._change(interaction.place, original, body, files))
        self._judge(body, files=len(files))
        payload = self._message(interaction.place, body, files, interaction=interaction, answered=original)
        interaction.told_ids.append(self._discord.add(interaction.place, payload))
        return answer(payload)

    async def _edit_answer(self, request: web.Request) -> web.Response:
        interaction, message_id = self._answer_message(request)
        old = interaction.place.seen[message_id]
        return answer(self._change(interaction.place, old, request[BODY], request[FILES]))

    async def _delete_answer(self, request: web.Request) -> web.Response:
        interaction, message_id = self._answer_message(request)
        if interaction.place.hidden.pop(message_id, None) is None:
            self._discord.delete(message_id)
        return answer(None)

    def _answer_message(self, request: web.Request) -> tuple[Interaction, int]:
        interaction, name = self._interaction(request), request.match_info["message"]
        message_id = (interaction.original_id or 0) if name == "@original" else int(name)
        if message_id not in interaction.place.seen:
            raise RefusalError(404, 10008)
        return interaction, message_id

    def _interaction(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        for interaction in self._discord.interactions.values():
            if interaction.token == token and interaction.original_id is not None:
                if interaction.is_expired:
                    raise RefusalError(401, 50027)
                return interaction
        raise RefusalError(404, 10015)

    # --- what all messages have in common -----------------------------------------------------

    def _place(self, request: web.Request) -> Place:
        place = self._discord.places.get(int(request.match_info["channel"]))
        if place is None:
            raise RefusalError(404, 10003)
        is_foreign = place.guild_id not in (None, self._discord.guild_id)
        if is_foreign or place.denied_to(self._discord.bot) & VIEW_CHANNEL:
            raise RefusalError(403, 50001)
        return place

    def _judge(
        self, body: Payload, flags: int = 0, *, files: int = 0, attachments: Sequence[Payload] = ()
    ) -> None:
        """Refuse what Discord refuses, and note what it would let through to people's annoyance."""
        flags |= body.get("flags", 0)
        if flags & COMPONENTS_V2:
            self._judge_components(body, attachments)
        else:
            content = body.get("content") or ""
            if len(content) > 2000:
                raise RefusalError(400, 50035)
            if not content.strip() and not files:
                raise RefusalError(400, 50006)
            if not flags & (SUPPRESS_EMBEDS | EPHEMERAL):
                self._door.problems.append("a text whose links are previewed")
        mentions = body.get("allowed_mentions")
        if mentions is None or mentions.get("parse") != [] or mentions.get("users") or mentions.get("roles"):
            self._door.problems.append("a text that may notify people")
        if mentions is None or mentions.get("replied_user"):
            self._door.problems.append("a reply that notifies")

    def _judge_components(self, body: Payload, attachments: Sequence[Payload]) -> None:
        """Limits: https://discord.com/developers/docs/components/reference"""
        if body.get("content") or body.get("embeds") or body.get("poll") or body.get("sticker_ids"):
            raise RefusalError(400, 50035)
        if "components" not in body:
            return
        parts = payloads.components_of({"components": body["components"]})
        texts = [part["content"] for part in parts if part["type"] == TEXT_DISPLAY]
        rows = [part for part in parts if part["type"] == ACTION_ROW]
        custom_ids = [part["custom_id"] for part in parts if "custom_id" in part]
        names = [
            item["filename"] for item in (*attachments, *body.get("attachments", ())) if "filename" in item
        ]
        shown = [part["file"]["url"] for part in parts if part["type"] == FILE]
        if (
            not 0 < len(parts) <= 40
            or sum(map(len, texts)) > 4000
            or not all(text.strip() for text in texts)
            or any(not 0 < len(row["components"]) <= 5 for row in rows)
            or len(set(custom_ids)) < len(custom_ids)
            or not {url.removeprefix("attachment://") for url in shown} <= set(names)
        ):
            raise RefusalError(400, 50035)

    def _attachments(
        self, body: Payload, files: list[tuple[str, bytes]], old: list[Payload]
    ) -> list[Payload]:
        """The attachments of a message: those kept, and those that came with the request."""
        if any(len(data) > self._discord.attachment_size_limit for _, data in files):
            raise RefusalError(413, 40005)
        if "attachments" not in body:
            kept = old
        else:
            ids = {str(item["id"]) for item in body["attachments"]}
            kept = [item for item in old if item["id"] in ids]
        return kept + [self._discord.upload(name, data) for name, data in files]

    def _message(
        self,
        place: Place,
        body: Payload,
        files: list[tuple[str, bytes]],
        *,
        interaction: Interaction | None = None,
        answered: Payload | None = None,
        **more: Any,
    ) -> Payload:
        payload = payloads.message(
            self._discord.bot,
            body.get("content") or "",
            place.id,
            guild_id=place.guild_id,
            answered=answered,
            flags=body.get("flags", 0),
            components=_numbered(body.get("components", [])),
            attachments=self._attachments(body, files, []),
            **more,
        )
        if interaction is not None:
            payload["type"] = 19 if answered else 20
            payload["interaction_metadata"] = {
                "id": str(interaction.id),
                "type": 2,
                "user": interaction.author,
                "authorizing_integration_owners": {},
            }
        return payload


def _numbered(components: list[Payload]) -> list[Payload]:
    """Components as Discord keeps them: each with a number."""
    copied: list[Payload] = json.loads(json.dumps(components))
    for number, part in enumerate(payloads.components_of({"components": copied}), 1):
        part.setdefault("id", number)
    return copied
