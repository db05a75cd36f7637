"""What people edited while their channel was being read: a page of history may be older than their edit.

Memory takes no edit of a message that it does not have yet, so the edit is kept here until that message is
taken in. (Deletions need no such care: memory remembers them of messages that it never had, too.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.platforms.slack.payloads import Payload, text


class Edits:
    """The newest form of each message that was edited in a channel while somebody read it."""

    def __init__(self) -> None:
        self._readers: Counter[str] = Counter()
        self._newest: dict[str, dict[str, Payload]] = {}

    @contextmanager
    def watched(self, channel_id: str) -> Iterator[Mapping[str, Payload]]:
        """While entered, edits in a channel are kept: the messages as they now read, by `ts`."""
        self._readers[channel_id] += 1
        try:
            yield self._newest.setdefault(channel_id, {})
        finally:
            self._readers[channel_id] -= 1
            if not self._readers[channel_id]:
                del self._readers[channel_id], self._newest[channel_id]

    def note(self, channel_id: str, message: Payload) -> None:
        """A message of a channel reads so from now on."""
        if channel_id in self._newest:
            self._newest[channel_id][text(message, "ts")] = message
