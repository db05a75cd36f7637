"""Pace: how quickly the model wrote of late, and how long the bot has run. Knows no conversation."""

from __future__ import annotations

import time
from collections import deque

from bot.generation.types import Usage

ANSWERS = 20
"""Answers that count as "of late"."""


class Pace:
    """Counts what each answer cost. One for the whole bot."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._answers: deque[tuple[int, float]] = deque(maxlen=ANSWERS)

    def note(self, usage: Usage) -> None:
        """One more answer. The first token counts for the prompt, so it is left out."""
        tokens, writing_ms = usage.new_tokens - 1, usage.total_ms - usage.first_token_ms
        if tokens > 0 and writing_ms > 0:
            self._answers.append((tokens, writing_ms))

    @property
    def tokens_per_s(self) -> float | None:
        """New tokens a second while an answer of late was written, None before the first."""
        spent_ms = sum(writing_ms for _, writing_ms in self._answers)
        return 1000 * sum(tokens for tokens, _ in self._answers) / spent_ms if spent_ms else None

    @property
    def uptime_s(self) -> float:
        """Seconds since the bot was started."""
        return time.monotonic() - self._started_s
