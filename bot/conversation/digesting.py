"""Digesting: sees to it that digests are told when they are due.

A digest is a command that the bot gives to itself, through the inbox like any other: its event names the
schedule and the time, so that it is answered once whatever breaks. Knows no platform.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.reply import Reply
from bot.conversation.schedules import DIGESTS, LATE, Schedule, read_schedules, write_schedules
from bot.conversation.tasks.digest import TOLD
from bot.errors import StorageError, where
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

BY_SCHEDULE = "schedule:"
"""What the events begin with that nobody's message made."""

LOOK_S = 600.0
"""So often it is looked anew what is due, in case the clock was set."""
SETTLE_S = 1.0
"""Changes of settings within this time are looked at once."""
MAX_FAILURES = 3


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Digesting:
    """Waits for what is due on some platforms. `accept` is the manager's."""

    def __init__(
        self,
        store: HistoryStore,
        accept: Callable[[IncomingMessage], Awaitable[bool]],
        platforms: Collection[str],
        bot_name: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._accept = accept
        self._platforms = platforms
        self._bot_name = bot_name
        self._clock = clock
        self._changed = asyncio.Event()
        store.watch_settings(lambda key: self._changed.set())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """See to it in the background."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def tell_due(self) -> datetime | None:
        """Have everything told that is due now; when the next digest is due. Raises StorageError."""
        now = self._clock()
        following = []
        for key, value in await self._store.settings_named(DIGESTS):
            if key.platform not in self._platforms:
                continue
            for schedule in read_schedules(value):
                if due := schedule.due(now):
                    await self._tell(key, schedule, due, is_late=now - due > LATE)
                following.append(schedule.rhythm.after(now))
        return min(following, default=None)

    async def settled(self, reply: Reply) -> None:
        """A reply has ended: a digest that cannot be shown again and again is ended. Raises StorageError."""
        command = reply.question.command
        if command is None or command.name != TOLD:
            return
        number = int(reply.question.event_id.removeprefix(BY_SCHEDULE).split(":")[0])
        has_failed = reply.outcome == "failed"

        def count(schedule: Schedule) -> Schedule | None:
            failures = schedule.failures + 1 if has_failed else 0
            if failures >= MAX_FAILURES:
                log.warning("a digest is ended that could not be shown %d times", failures)
                return None
            return replace(schedule, failures=failures)

        await self._change(reply.conversation, number, count)

    # --- inside ------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            wait_s = LOOK_S
            try:
                if due := await self.tell_due():
                    wait_s = min(LOOK_S, max(0.0, (due - self._clock()).total_seconds()))
            except StorageError as error:
                log.warning("what is due could not be looked up: %s", error)
            except Exception as error:  # one wrong schedule must not end all of them
                log.error("digests: %s", where(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait_s)
                await asyncio.sleep(SETTLE_S)

    async def _tell(self, key: ConversationKey, schedule: Schedule, due: datetime, *, is_late: bool) -> None:
        """First the command, then that it was seen to: after a crash between, it comes again as the same."""
        if not is_late:
            options = {"since": schedule.since, "style": schedule.style, "language": schedule.language}
            event_id = f"{BY_SCHEDULE}{schedule.number}:{int(due.timestamp())}:{key}"
            await self._accept(
                IncomingMessage(
                    conversation=key,
                    message_id=event_id,
                    event_id=event_id,
                    author=Author(f"{BY_SCHEDULE}{key}", self._bot_name, is_bot=True),
                    text="",
                    sent_at=self._clock(),
                    is_addressed=True,
                    command=Command(TOLD, {name: value for name, value in options.items() if value}),
                )
            )
        await self._change(key, schedule.number, lambda known: known.told(due, is_late=is_late))

    async def _change(
        self, key: ConversationKey, number: int, change: Callable[[Schedule], Schedule | None]
    ) -> None:
        """Change one schedule as it now is, or end it with None; nothing where it was ended meanwhile."""

        def changed(value: str | None) -> str | None:
            kept = [change(one) if one.number == number else one for one in read_schedules(value)]
            return write_schedules([one for one in kept if one is not None])

        await self._store.change_setting(key, DIGESTS, changed)
