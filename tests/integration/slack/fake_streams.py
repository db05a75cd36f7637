"""Streamed messages: they begin, grow and end, and end by themselves when they are old or quiet.

https://docs.slack.dev/reference/methods/chat.startStream and its kin.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.integration.slack.fake_calls import Method, RefusalError, own_place
from tests.integration.slack.fake_methods_chat import new_message, with_ids
from tests.integration.slack.fake_state import Payload, Place, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack

LIFE_S, IDLE_S = 300.0, 300.0


@dataclass
class Stream:
    """A message that still grows."""

    began_s: float
    heard_s: float


class Streams:
    """`life_s` after its beginning a stream is over, and `idle_s` after the last piece; the message stays."""

    def __init__(self, slack: FakeSlack) -> None:
        self.life_s = LIFE_S
        self.idle_s = IDLE_S
        self._slack = slack
        self._live: dict[str, Stream] = {}
        self.methods: dict[str, Method] = {
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
        }

    def is_live(self, ts: str) -> bool:
        """Whether a message is still streamed."""
        stream = self._live.get(ts)
        now = time.monotonic()
        if stream and (now - stream.began_s >= self.life_s or now - stream.heard_s >= self.idle_s):
            del self._live[ts]
            self._mark(ts, "completed")
        return ts in self._live

    def end(self, ts: str) -> bool:
        """Slack ends a stream; whether there was one."""
        was_live = self.is_live(ts)
        if was_live:
            del self._live[ts]
            self._mark(ts, "completed")
        return was_live

    def _start(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"), writes=True)
        if not args.get("thread_ts"):
            raise RefusalError("invalid_thread_ts")
        if place.kind != "im":
            self._judge_recipient(args, workspace, place)
        text = _text_of(args)
        about = {"thread_ts": args["thread_ts"], "streaming_state": "in_progress", "text": text}
        message = {**new_message(self._slack.new_ts(), workspace), **about}
        now = time.monotonic()
        self._live[message["ts"]] = Stream(now, now)
        self._slack.add(place, message)
        return {"channel": place.id, "ts": message["ts"]}

    def _append(self, args: Payload, workspace: Workspace) -> Payload:
        place, message = self._streamed(args, workspace)
        if not _text_of(args) and not args.get("chunks"):
            raise RefusalError("no_text")
        self._live[message["ts"]].heard_s = time.monotonic()
        place.messages[message["ts"]] = {**message, "text": message["text"] + _text_of(args)}
        return {"channel": place.id, "ts": message["ts"]}

    def _stop(self, args: Payload, workspace: Workspace) -> Payload:
        place, message = self._streamed(args, workspace)
        del self._live[message["ts"]]
        more: Payload = {"blocks": with_ids(args["blocks"])} if args.get("blocks") else {}
        more |= {"metadata": args["metadata"]} if args.get("metadata") else {}
        whole = message["text"] + _text_of(args)
        ended = {**message, "text": whole, "streaming_state": "completed", **more}
        self._slack.change(place, ended)
        return {"channel": place.id, "ts": message["ts"], "message": ended}

    def _streamed(self, args: Payload, workspace: Workspace) -> tuple[Place, Payload]:
        """The message that is to grow."""
        place = own_place(self._slack, workspace, args.get("channel"), writes=True)
        ts = str(args.get("ts", ""))
        message = place.messages.get(ts)
        if message is None:
            raise RefusalError("message_not_found")
        if message["user"] != workspace.bot_user:
            raise RefusalError("message_not_owned_by_app")
        if not self.is_live(ts):
            raise RefusalError("message_not_in_streaming_state")
        return place, message

    def _judge_recipient(self, args: Payload, workspace: Workspace, place: Place) -> None:
        """In a channel Slack wants to know who it is for."""
        for name in ("recipient_user_id", "recipient_team_id"):
            if not args.get(name):
                self._slack.web.problems.append(f"chat.startStream: {name} is missing in a channel")
                raise RefusalError(f"missing_{name}")
        user = args["recipient_user_id"]
        if args["recipient_team_id"] != self._slack.foreigners.get(user, place.team):
            raise RefusalError("team_not_found")
        if user not in self._slack.users:
            raise RefusalError("user_not_found")

    def _mark(self, ts: str, state: str) -> None:
        place = next((one for one in self._slack.places.values() if ts in one.messages), None)
        if place is not None:
            place.messages[ts] = {**place.messages[ts], "streaming_state": state}


def _text_of(args: Payload) -> str:
    """The words of a call, in `markdown_text` and in its chunks."""
    chunks: list[Any] = args.get("chunks") or []
    pieces = [str(chunk.get("text", "")) for chunk in chunks if chunk.get("type") == "markdown_text"]
    return str(args.get("markdown_text") or "") + "".join(pieces)
