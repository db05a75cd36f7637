"""The fake Slack's messages: they appear, change and go, alone, in threads or by the thousand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.integration.slack.fake_state import ANN, BEN, Payload, Place, State
from tests.unit.platforms.slack.payloads import words_of

_NOTICES = ("channel_join", "channel_leave")
"""What Slack says for whoever comes or goes, the bot too."""


class Messages(State):
    """What stands in the places."""

    def add(self, place: Place, message: Payload) -> str:
        """A message appears, by a person or by the bot."""
        root_ts, ts = message.get("thread_ts", ""), str(message["ts"])
        root = place.messages.get(root_ts)
        if root is not None and root_ts != ts:
            message = {**message, "parent_user_id": root["user"]}
        place.messages[ts] = message
        self._count_replies(place, root_ts)
        if self.hears(place):
            about = {"root": place.messages[root_ts]} if message.get("subtype") == "thread_broadcast" else {}
            self.dispatch(place, {**message, **about})
        return ts

    def change(self, place: Place, message: Payload) -> None:
        """A message reads otherwise from now on."""
        before = place.messages[message["ts"]]
        place.messages[message["ts"]] = message
        if self.hears(place):
            event = {"subtype": "message_changed", "message": message, "previous_message": before}
            self.dispatch(place, {"type": "message", "hidden": True, "ts": self.new_ts(), **event})

    def delete(self, ts: str) -> None:
        """A message is deleted. One with replies is emptied, and stays as their root."""
        place = self.place_of(ts)
        before = place.messages[ts]
        if before.get("reply_count"):
            kept = {name: before[name] for name in ("ts", "thread_ts", "reply_count", "latest_reply")}
            words = {"text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
            self.change(place, {"type": "message", "subtype": "tombstone", **words, **kept})
            return
        del place.messages[ts]
        self._count_replies(place, before.get("thread_ts", ""))
        if self.hears(place):
            event = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": before}
            self.dispatch(place, {"type": "message", "hidden": True, "ts": self.new_ts(), **event})

    def fill(
        self,
        place: Place,
        count: int,
        *,
        threads: int = 0,
        replies: int = 0,
        author: str | Sequence[str] = (ANN, BEN),
        words: Callable[[int], str] = "message {}".format,
        apart_s: float = 1.0,
        until_s: float | None = None,
    ) -> list[str]:
        """Many messages that are there already: no events. The last is from `until_s` (now), `apart_s` lie
        between two; the roots of `threads` are spread among them and have `replies` each, a second apart.
        `words` is given the message's number; a reply's goes on counting. Returns the `ts` of all but the
        replies, oldest first."""
        authors = [author] if isinstance(author, str) else author
        first_s = (time.time() if until_s is None else until_s) - count * apart_s - replies - 1
        numbers = iter(range(count + threads * replies))

        def message(at_s: float, number: int, **more: str) -> Payload:
            ts = f"{int(at_s)}.{number % 1_000_000:06d}"
            about = {"client_msg_id": f"filled-{number}", "user": authors[number % len(authors)]}
            return {"type": "message", "text": words(number), "team": place.team, "ts": ts, **about, **more}

        roots = [message(first_s + index * apart_s, next(numbers)) for index in range(count)]
        place.messages.update({root["ts"]: root for root in roots})
        for root in (roots[index * count // threads] for index in range(threads)):
            about = {"thread_ts": root["ts"], "parent_user_id": root["user"]}
            answers = [
                message(float(root["ts"]) + 1 + later, next(numbers), **about) for later in range(replies)
            ]
            place.messages.update({one["ts"]: one for one in answers})
            root.update(thread_summary(root["ts"], answers) if answers else {})
        return [root["ts"] for root in roots]

    # --- what is there -----------------------------------------------------------------------

    def posts(self, place: Place | None = None, thread: str | None = None) -> list[Payload]:
        """The bot's messages in a place, oldest first; with `thread`, those in that thread."""
        place = place or self.general
        bot_user = self.workspace_of(place).bot_user
        said = [one for one in place.messages.values() if one.get("subtype") not in _NOTICES]
        mine = [one for one in said if one["user"] == bot_user]
        return [one for one in mine if (one.get("thread_ts") if _is_reply(one) else None) == thread]

    def texts(self, place: Place | None = None, thread: str | None = None) -> list[str]:
        """The texts of the bot's messages in a place, oldest first."""
        return [words_of(post) for post in self.posts(place, thread)]

    def _count_replies(self, place: Place, root_ts: str) -> None:
        """What a root says of its thread."""
        root = place.messages.get(root_ts)
        if root is not None:
            replies = [
                one for one in place.messages.values() if one.get("thread_ts") == root_ts and one is not root
            ]
            place.messages[root_ts] = {**root, **thread_summary(root_ts, replies)}


def _is_reply(message: Payload) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def thread_summary(root_ts: str, replies: list[Payload]) -> Payload:
    """What a root with these replies has in it."""
    people = list(dict.fromkeys(one["user"] for one in replies))
    return {
        "thread_ts": root_ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": max((one["ts"] for one in replies), default=root_ts),
        "reply_users": people[:5],
        "is_locked": False,
    }
