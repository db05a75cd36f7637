"""What the scripted day on Discord and the scripted week on Slack have in common: patience, and a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping

from bot.generation.types import GenerationRequest
from tests.integration.conversation.script import FRENCH, Script, last_user

PATIENCE_S = 60.0
"""How long a scenario waits: what was missed comes politely, and all of them share two cores."""


async def until(condition: Callable[[], object], seen: Callable[[], object] = lambda: "") -> None:
    """Wait until a condition holds; what is `seen` instead is told where it never does."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited in vain; seen: {str(seen())[:600]}")
        await asyncio.sleep(0.01)


def prompt_text(request: GenerationRequest) -> str:
    """Everything that a prompt tells the model."""
    return "\n".join(message.content for message in request.prompt.messages)


def long_text(parts: int) -> str:
    """Headings, nested lists, tables, nested fences and links, `parts` times."""
    return "\n\n".join(
        f"## Part {number}\n\n1. first step\n   - with a detail\n2. second step\n\n"
        f"| name | value |\n|---|---|\n| a{number} | {number} |\n| b{number} | {number + 1} |\n\n"
        f"````text\n```\ninner fence {number}\n```\n````\n\n"
        f"See [the page](https://example.org/page/{number}) for more."
        for number in range(parts)
    )


def talker(said: Mapping[str, str]) -> Script:
    """A model that translates what it knows, writes long things when told (`said`), else repeats what was
    said."""

    async def talk(request: GenerationRequest) -> AsyncIterator[str]:
        asked = last_user(request)
        if known := next((text for text in FRENCH if text in asked), None):
            yield FRENCH[known]
            return
        if "slowly" in asked:
            for number in range(600):
                yield f"word {number} "
                await asyncio.sleep(0.05)
            return
        long = next((text for words, text in said.items() if words in asked), None)
        pieces = re.findall(r"(?s).{1,200}", long) if long else f"You said: {asked}".split(" ")
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece if long else piece + " "

    return talk
