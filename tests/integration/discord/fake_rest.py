"""Discord's HTTP API behind the door, as much of it as the bot uses.

Error codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.integration.discord.fake_discord import (
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    FakeDiscord,
    Interaction,
    Place,
)
from tests.integration.discord.fake_door import BODY, PREFIX, Door, Handler, RefusalError, answer
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

ANSWER_WITHIN_S = 3.0


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
            ("GET", "/oauth2/applications/@me", self._application),
            ("PUT", "/applications/{application}/commands", self._register),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/messages", self._post),
            ("PATCH", message, self._edit),
            ("DELETE", message, self._delete),
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
        """The conversation with a person: this Discord has one, with Ann."""
        if str(request[BODY]["recipient_id"]) != self._discord.ann["id"]:
            raise RefusalError(400, 50033)
        return answer(self._discord.channel(self._discord.direct))

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
                "flags": 0,
            }
        )

    async def _register(self, request: web.Request) -> web.Response:
        self._discord.commands = [{"id": str(snowflake()), **command} for command in request[BODY]]
        return answer(self._discord.commands)

    async def _channel(self, request: web.Request) -> web.Response:
        place = self._place(request)
        return answer(self._discord.channel(place) | {"guild_id": str(place.guild_id)})

    # --- messages ----------------------------------------------------------------------------

    async def _history(self, request: web.Request) -> web.Response:
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        place = self._place(request)
        ids = [message_id for message_id in sorted(place.messages) if message_id > after][:limit]
        return answer([place.messages[message_id] for message_id in reversed(ids)])

    async def _post(self, request: web.Request) -> web.Response:
        place, body = self._place(request), request[BODY]
        self._judge(body)
        if place is self._discord.direct and not self._discord.takes_direct_messages:
            raise RefusalError(403, 50007)
        if body.get("flags", 0) & EPHEMERAL:
            self._door.problems.append("a message for one person outside of an interaction")
        if not body.get("enforce_nonce") or not body.get("nonce"):
            self._door.problems.append("a post without a nonce that is enforced")
        # What Discord made for this nonce is what it answers with, even where that was deleted since.
        if (known := self._discord.nonces.get(body["nonce"])) is not None:
            return answer(known)
        answered = self._answered(place, body.get("message_reference"))
        payload = self._message(place, body, answered=answered, nonce=body["nonce"])
        self._discord.nonces[body["nonce"]] = payload
        self._discord.add(place, payload)
        return answer(payload)

    def _answered(self, place: Place, reference: Payload | None) -> Payload | None:
        if reference is None:
            return None
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
        return answer(self._change(place, old, request[BODY]))

    def _change(self, place: Place, old: Payload, body: Payload) -> Payload:
        self._judge(body, old["flags"])
        is_first = old["flags"] & LOADING
        # Who may see a message is settled when it is made.
        flags = (body["flags"] if "flags" in body else old["flags"]) & ~LOADING
        flags = flags & ~EPHEMERAL | old["flags"] & EPHEMERAL
        now = None if is_first else datetime.now(UTC).isoformat()
        new = old | {"content": body["content"], "flags": flags, "edited_timestamp": now}
        return self._discord.change(place, new)

    async def _delete(self, request: web.Request) -> web.Response:
        message_id = int(request.match_info["message"])
        if message_id not in self._place(request).messages:
            raise RefusalError(404, 10008)
        self._discord.delete(message_id)
        return answer(None)

    async def _typing(self, request: web.Request) -> web.Response:
        self._discord.typing.append(self._place(request).id)
        return answer(None)

    # --- commands ----------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._discord.interactions.get(int(request.match_info["interaction"]))
        if interaction is None or interaction.token != request.match_info["token"]:
            raise RefusalError(404, 10062)
        if interaction.original_id is not None:
            raise RefusalError(400, 40060)
        if asyncio.get_running_loop().time() - interaction.given_at_s > ANSWER_WITHIN_S:
            self._door.problems.append("a command was answered after more than three seconds")
            raise RefusalError(404, 10062)
        asked = (request[BODY].get("data") or {}).get("flags", 0)
        body: Payload = {"content": "", "flags": LOADING | asked & EPHEMERAL}
        payload = self._message(interaction.place, body, interaction=interaction)
        interaction.original_id = self._discord.add(interaction.place, payload)
        about = {"id": str(interaction.id), "type": 2, "response_message_id": payload["id"]}
        return answer({"interaction": about, "resource": {"type": 5, "message": payload}})

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        self._judge(request[BODY])
        original = self._seen(interaction).get(interaction.original_id or 0)
        if original is not None and original["flags"] & LOADING:
            return answer(self._change(interaction.place, original, request[BODY]))
        payload = self._message(interaction.place, request[BODY], interaction=interaction, answered=original)
        self._discord.add(interaction.place, payload)
        return answer(payload)

    async def _edit_answer(self, request: web.Request) -> web.Response:
        interaction, message_id = self._answer_message(request)
        old = self._seen(interaction)[message_id]
        return answer(self._change(interaction.place, old, request[BODY]))

    async def _delete_answer(self, request: web.Request) -> web.Response:
        interaction, message_id = self._answer_message(request)
        if interaction.place.hidden.pop(message_id, None) is None:
            self._discord.delete(message_id)
        return answer(None)

    def _answer_message(self, request: web.Request) -> tuple[Interaction, int]:
        interaction, name = self._interaction(request), request.match_info["message"]
        message_id = (interaction.original_id or 0) if name == "@original" else int(name)
        if message_id not in self._seen(interaction):
            raise RefusalError(404, 10008)
        return interaction, message_id

    def _seen(self, interaction: Interaction) -> dict[int, Payload]:
        """What an interaction's token reaches: also what one person alone sees."""
        return interaction.place.messages | interaction.place.hidden

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
        return place

    def _judge(self, body: Payload, flags: int = 0) -> None:
        """Refuse what Discord refuses, and note what it would let through to people's annoyance."""
        content = body.get("content") or ""
        if len(content) > 2000:
            raise RefusalError(400, 50035)
        if not content.strip():
            raise RefusalError(400, 50006)
        mentions = body.get("allowed_mentions")
        if mentions is None or mentions.get("parse") != [] or mentions.get("users") or mentions.get("roles"):
            self._door.problems.append("a text that may notify people")
        if mentions is None or mentions.get("replied_user"):
            self._door.problems.append("a reply that notifies")
        if not (body.get("flags", flags) & SUPPRESS_EMBEDS):
            self._door.problems.append("a text whose links are previewed")

    def _message(
        self,
        place: Place,
        body: Payload,
        *,
        interaction: Interaction | None = None,
        answered: Payload | None = None,
        **more: Any,
    ) -> Payload:
        payload = payloads.message(
            self._discord.bot,
            body["content"],
            place.id,
            guild_id=place.guild_id,
            answered=answered,
            flags=body.get("flags", 0),
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
