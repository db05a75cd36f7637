"""Which threads the bot takes part in: there it needs no further mention. The same on every platform."""

from __future__ import annotations

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey, Turn

MAX_THREADS = 10_000


class CalledThreads:
    """The threads that the bot was called into, or has chatted in. Memory is asked once a thread."""

    def __init__(self, manager: ConversationManager) -> None:
        self._manager = manager
        self._known: dict[ConversationKey, bool] = {}

    async def has(self, key: ConversationKey) -> bool:
        """Whether the bot takes part in this thread. (In a channel itself it never does: do not ask.)"""
        if key not in self._known:
            self._remember(key, _has_chatted(await self._manager.history(key)))
        return self._known[key]

    def add(self, key: ConversationKey) -> None:
        """The bot was called into this thread."""
        self._remember(key, True)

    def _remember(self, key: ConversationKey, takes_part: bool) -> None:
        self._known.pop(key, None)
        self._known[key] = takes_part
        if len(self._known) > MAX_THREADS:
            del self._known[next(iter(self._known))]


def _has_chatted(turns: list[Turn]) -> bool:
    """Whether the bot said what answers no command: a summary in a thread is no invitation to stay."""
    questions = [None, *turns]
    return any(
        turn.role == "assistant" and not (question and question.text.startswith("/"))
        for question, turn in zip(questions, turns, strict=False)
    )
