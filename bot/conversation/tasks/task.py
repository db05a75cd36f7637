"""What a task is: its name, options and help, and a `run` that yields the answer.

A task is one file in this folder that ends in a constant `TASK`; `tasks/__init__.py` lists them. The
commands of every platform, their menus and the README's table are generated from that list.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.generation.types import ModelInfo, Prompt, SamplingParams, TextGenerator
from bot.messages import ConversationKey, IncomingMessage, Piece, Turn


class Memory(Protocol):
    """What a task may read and do with the conversation it runs in. Storage implements it for real
    conversations, a list of turns for the command line."""

    async def turns(
        self,
        key: ConversationKey,
        *,
        limit: int | None = None,
        since: datetime | None = None,
        before_message_id: str | None = None,
        through_message_id: str | None = None,
        include_threads: bool = False,
    ) -> list[Turn]: ...

    async def erase_conversation(self, key: ConversationKey) -> int: ...


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Everything a task may use for one answer.

    `messages` are what it answers, the last one being the question or command; `options` are the
    command's, checked against the task's own by name. `generate` submits a prompt and yields signs of
    life while it waits, then text; it logs the one line per reply. `language` is the code of the language of
    people who chose none.
    """

    messages: tuple[IncomingMessage, ...]
    options: Mapping[str, str]
    memory: Memory
    generator: TextGenerator
    model: ModelInfo
    bot_name: str
    system_prompt: str
    answer_tokens: int
    generate: Callable[[Prompt, SamplingParams], AsyncGenerator[Piece, None]]
    language: str = "en"

    @property
    def question(self) -> IncomingMessage:
        """The message that this answer replies to."""
        return self.messages[-1]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `is_rest` takes the rest of the line where commands are typed."""

    name: str
    help: str
    is_required: bool = False
    is_rest: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One thing the bot does. `is_memory`: its answer becomes part of the conversation's memory.
    `needs_model`: run only when the model is loaded (its `ctx.model` is then real).
    `does_without_model`: run with a stand-in that has no skills where no model can be loaded at all."""

    name: str
    help: str
    example: str
    run: Callable[[TaskContext], AsyncGenerator[Piece, None]]
    options: tuple[Option, ...] = ()
    is_memory: bool = False
    needs_model: bool = True
    does_without_model: bool = False
    is_command: bool = True
