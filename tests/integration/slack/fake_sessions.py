"""Sessions of an agent: while one is processing, people see a button that stops it.

https://docs.slack.dev/ai/agent-sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.slack.fake_calls import Method, RefusalError, own_place
from tests.integration.slack.fake_state import ANN, Payload, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack
    from tests.integration.slack.fake_streams import Streams

STATUSES = ("active", "processing", "suspended", "closed")


class Sessions:
    """`by_thread` is the status of each thread's session. An app that is no agent has none."""

    def __init__(self, slack: FakeSlack, streams: Streams) -> None:
        self.by_thread: dict[str, str] = {}
        self.are_allowed = True
        self._slack = slack
        self._streams = streams
        self.methods: dict[str, Method] = {"agents.sessions.setStatus": self._set}

    def press_stop(self, thread: str, author: str = ANN) -> None:
        """A person presses Slack's button to stop: it is there only while the session is processing."""
        assert self.by_thread.get(thread) == "processing"
        place = self._slack.place_of(thread)
        replies = [ts for ts, one in place.messages.items() if one.get("thread_ts") == thread]
        stopped = [ts for ts in replies if self._streams.end(ts)]
        about = {"channel": place.id, "thread_ts": thread, "user": author, "streaming_message_ts": stopped}
        event = {"type": "agent_session_stopped", **about, "event_ts": self._slack.new_ts()}
        self._slack.tell(event, place)

    def _set(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args["channel_id"], writes=True)
        if not self.are_allowed:
            raise RefusalError("not_authorized")
        if args["status"] not in STATUSES:
            raise RefusalError("invalid_arguments")
        if args.get("thread_ts") not in place.messages:
            raise RefusalError("invalid_thread_ts")
        self.by_thread[args["thread_ts"]] = args["status"]
        return {"status": args["status"]}
