"""What happens in the fake Slack without the bot being told of it, as while it is away."""

from __future__ import annotations

import time
from itertools import count

from tests.integration.slack.fake_messages import thread_summary
from tests.integration.slack.fake_slack import BEN, FakeSlack, Place

_numbers = count(1)


def post(
    slack: FakeSlack,
    text: str,
    place: Place | None = None,
    *,
    ago_s: float = 0.0,
    thread: str | None = None,
    author: str = BEN,
    calls: bool = False,
) -> str:
    """Somebody wrote something so long ago. Returns its `ts`."""
    place = place or slack.general
    call = f"<@{slack.workspace_of(place).bot_user}> " if calls else ""
    ts = f"{int(time.time() - ago_s)}.{500_000 + next(_numbers):06d}"
    message = {"type": "message", "text": call + text, "user": author, "team": place.team, "ts": ts}
    place.messages[ts] = {**message, **({"thread_ts": thread} if thread else {})}
    if thread is not None:
        replies = [one for one in place.messages.values() if one.get("thread_ts") == thread != one["ts"]]
        place.messages[thread] |= thread_summary(thread, replies)
    return ts


def edit(slack: FakeSlack, ts: str, text: str) -> None:
    """Somebody changed a message."""
    place = slack.place_of(ts)
    edited = {"user": place.messages[ts]["user"], "ts": slack.new_ts()}
    place.messages[ts] = {**place.messages[ts], "text": text, "edited": edited}


def delete(slack: FakeSlack, ts: str) -> None:
    """A message is gone."""
    del slack.place_of(ts).messages[ts]
