"""What a task is: its name, options and help, and a `run` that yields the answer.

A task is one file in this folder that ends in a constant `TASK`; `tasks/__init__.py` lists them. The
commands of every platform, their menus and the README's table are generated from that list.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.conversation.access import NOTHING_MISSING, Access, Missing
from bot.conversation.changes import Changes
from bot.conversation.controls import Controls
from bot.conversation.pace import Pace
from bot.conversation.translator import Translator
from bot.errors import CommandError
from bot.generation.types import ModelInfo, Prompt, SamplingParams, TextGenerator
from bot.messages import ConversationKey, IncomingMessage, Piece, Turn
from bot.storage.store import HistoryStore

Suggests = Literal["language", "time", "command", "zone"]
"""What an option takes that people can be offered to choose from."""
Aside = Literal["never", "without options", "always"]
"""When an answer is of no use to others, though it may be public where it was asked for in public."""


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Everything a task may use for one answer.

    `messages` are what it answers, the last one being the question or command; `options` are the
    command's, checked against the task's own by name. `generate` submits a prompt and yields signs of
    life while it waits, then text; it logs the one line per reply. `language` is the code of the language of
    people who chose none. `permalink` gives the address of a message of this channel, None where the platform
    has none. `begun` is what was written of this answer before: the task yields only what follows it.
    `translator` is the translation model, None where the chat model is to translate.
    `variation` counts how often this answer was asked for anew: above 0 it must come out differently.
    `controls` act on other answers of the conversation; None outside of one.
    `leave_out` keeps this answer out of memory, where it repeats what others may still delete.
    `remark`, called before the text is yielded, says that it is no answer: a notice or a confirmation, which
    nobody would have made again or shared.
    `elsewhere` is the other place that the command reads, which the asker may read; `access` tells of more.
    `missing` is what could not be read of the place.
    `changes` forgets what people said, None outside of a conversation; `pace` is how the bot is doing. `room`
    is how many characters of an answer can be shown in good manners, None for any number.
    `is_private` tells whether the answer to a message is for its author alone.
    """

    messages: tuple[IncomingMessage, ...]
    options: Mapping[str, str]
    memory: HistoryStore
    generator: TextGenerator
    model: ModelInfo
    bot_name: str
    system_prompt: str
    answer_tokens: int
    generate: Callable[[Prompt, SamplingParams], AsyncGenerator[Piece, None]]
    language: str = "en"
    permalink: Callable[[Turn], str | None] = lambda turn: None
    begun: str = ""
    variation: int = 0
    controls: Controls | None = None
    translator: Translator | None = None
    leave_out: Callable[[], None] = lambda: None
    remark: Callable[[], None] = lambda: None
    elsewhere: ConversationKey | None = None
    missing: Missing = NOTHING_MISSING
    access: Access | None = None
    changes: Changes | None = None
    pace: Pace = field(default_factory=Pace)
    room: int | None = None
    is_private: Callable[[IncomingMessage], bool] = lambda message: False

    @property
    def by_manager(self) -> bool:
        """Whether whoever asks may change what holds for everybody in this channel."""
        return self.question.command is not None and self.question.command.by_manager

    @property
    def by_workspace_manager(self) -> bool:
        """The same of what holds in the whole workspace: in their own conversation with the bot a person
        manages no more than that."""
        return self.by_manager and not (self.question.command and self.question.command.is_own_place)

    @property
    def asker_language(self) -> str:
        """The code of the language that the asker's client is set to, "" where that is not known."""
        return self.question.command.language if self.question.command else ""

    @property
    def place(self) -> ConversationKey:
        """What this answer is about: the conversation of the question, or the other place that it names."""
        return self.elsewhere or self.question.conversation

    @property
    def question(self) -> IncomingMessage:
        """The message that this answer replies to."""
        return self.messages[-1]

    async def hindrance(self, *, is_live: bool = False) -> str:
        """What keeps the bot from reading what was said in `place`, or `is_live` what will be; see Access."""
        return await self.access.hindrance(self.place, is_live=is_live) if self.access else ""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `is_rest` takes the rest of the line where commands are typed. What platforms
    may make easier to give: `suggests` names what people are offered while they type, `between` are the
    smallest and the largest of a whole number, `is_channel` takes a channel's mention, link or id."""

    name: str
    help: str
    is_required: bool = False
    is_rest: bool = False
    choices: tuple[str, ...] = ()
    suggests: Suggests | None = None
    between: tuple[int, int] | None = None
    is_channel: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One thing the bot does. `is_memory`: its answer becomes part of the conversation's memory.
    `needs_model`: run only when the model is loaded (its `ctx.model` is then real).
    `does_without_model`: run with a stand-in that has no skills where no model can be loaded at all.
    `is_private`: only the person who asked sees the answer, where the platform can do that.
    `aside`: when that holds for a command that is not said in a message which others can read.
    `continues`: an answer that was cut at its length can be continued from `ctx.begun`.
    `is_passing`: its answer is written down nowhere.
    `is_for_managers`: nobody else is offered it; `run` must still ask `ctx.by_manager`.
    `is_about_place`: it is about the place where it is given: not offered where the bot is no member."""

    name: str
    help: str
    example: str
    run: Callable[[TaskContext], AsyncGenerator[Piece, None]]
    options: tuple[Option, ...] = ()
    is_memory: bool = False
    needs_model: bool = True
    does_without_model: bool = False
    is_command: bool = True
    is_private: bool = False
    aside: Aside = "never"
    continues: bool = False
    is_for_managers: bool = False
    is_passing: bool = False
    is_about_place: bool = False


NO_CONVERSATION = "This works within a conversation only."

SHOW = Option("show", "who sees the answer: all, or only me", choices=("me", "all"))
"""The option of tasks whose answer may be for one person or for everybody; unset, the task's `is_private`."""
CHANNEL = Option("channel", "another channel to read, which you can read too", is_channel=True)
"""The option of tasks that read `ctx.place`; what they then tell is for the asker alone."""


def controls_of(ctx: TaskContext) -> Controls:
    """What a command about another answer needs. Raises CommandError where there is no conversation."""
    if ctx.controls is None:
        raise CommandError(NO_CONVERSATION)
    return ctx.controls


def changes_of(ctx: TaskContext) -> Changes:
    """What a command needs that forgets what people said. Raises CommandError where there is no
    conversation."""
    if ctx.changes is None:
        raise CommandError(NO_CONVERSATION)
    return ctx.changes
