"""A text generator that plays a script: it waits where the script says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from itertools import count

from bot.generation.types import Delta, FinishReason, GenerationRequest, ModelInfo, Usage
from tests.support import INSTRUCTED

INFO = replace(INSTRUCTED, name="script", context_window=2048)

Script = Callable[[GenerationRequest], AsyncIterator[str]]


class PlayedGeneration:
    """One request being played."""

    def __init__(self, request: GenerationRequest, script: Script, ending: FinishReason) -> None:
        self.ending = ending
        self.request_id = request.request_id
        self.is_closed = False
        self._words = script(request)
        self._count = 0
        self._is_over = False

    position = 0
    estimated_wait_s = 0.0

    def __aiter__(self) -> PlayedGeneration:
        return self

    async def __anext__(self) -> Delta:
        if self._is_over:
            raise StopAsyncIteration
        try:
            text = await anext(self._words)
        except StopAsyncIteration:
            self._is_over = True
            return Delta(self.request_id, "", self.ending, Usage(1, self._count, 0.0, 0.0, 0.0))
        self._count += 1
        return Delta(self.request_id, text)

    async def aclose(self) -> None:
        self.is_closed = True


class PlayedGenerator:
    """Plays `script` for every request, which ends as `ending` says; `asked` and `generations` keep what
    happened."""

    status = "ready"

    def __init__(self, script: Script, ending: FinishReason = "stop") -> None:
        self.script = script
        self.ending: FinishReason = ending
        self.info = INFO
        self.asked: list[GenerationRequest] = []
        self.generations: list[PlayedGeneration] = []

    async def start(self) -> None:
        return

    async def ready(self) -> ModelInfo:
        return self.info

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 1 for text in texts]

    def submit(self, request: GenerationRequest) -> PlayedGeneration:
        self.asked.append(request)
        self.generations.append(PlayedGeneration(request, self.script, self.ending))
        return self.generations[-1]

    async def close(self) -> None:
        return


def last_user(request: GenerationRequest) -> str:
    """The last user message of a prompt."""
    return [message.content for message in request.prompt.messages if message.role == "user"][-1]


async def echo(request: GenerationRequest) -> AsyncIterator[str]:
    """Answer a message by itself, word by word."""
    for word in f"You said: {last_user(request)}".split(" "):
        await asyncio.sleep(0)
        yield word + " "


def numbered() -> Script:
    """Another answer each time."""
    numbers = count(1)

    async def answer(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"answer {next(numbers)}"

    return answer


def of_lengths(*lengths: int) -> Script:
    """Answers of so many lines, one after the other."""
    following = iter(lengths)

    async def answer(request: GenerationRequest) -> AsyncIterator[str]:
        lines = next(following)
        yield "\n".join(f"line {number} of {lines}" for number in range(lines))

    return answer


WHERE = "Where is the meeting tomorrow morning?"
ROOM = "The meeting is in the big room."
HALL = "The meeting is in the town hall."
FRENCH = {
    WHERE: "Où est la réunion demain matin ?",
    ROOM: "La réunion est dans la grande salle.",
    HALL: "La réunion est dans la mairie.",
    "we meet in the small room.": "Cher ⟦0⟧ et ⟦1⟧, nous nous réunissons dans la petite salle.",
}


async def translator(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.sleep(0)
    asked = last_user(request)
    numbered = re.search(r"The meeting number (\S+) is in the small room.", asked)
    if numbered:
        yield f"La réunion numéro {numbered[1]} est dans la petite salle."
    else:
        yield next(FRENCH[text] for text in FRENCH if text in asked)
