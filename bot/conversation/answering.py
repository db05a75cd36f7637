"""Answering: runs one task for one reply, with signs of life and one log line.

It turns a claimed reply into a stream of pieces. It does not know who shows them, nor how replies are
ordered. Errors end here: a person reads the error's `user_message`, the operator's log its detail.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from uuid import uuid4

from bot.conversation.access import NOTHING_MISSING, Access, Missing, find_place, in_askers_zone, place_wanted
from bot.conversation.changes import Changes
from bot.conversation.commands import check_options, is_private
from bot.conversation.controls import Permalink
from bot.conversation.pace import Pace
from bot.conversation.reply import Reply
from bot.conversation.rules import RuleBook, Rules
from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import CHANNEL, SHOW, Task, TaskContext
from bot.conversation.tasks.translate import BY_FLAG
from bot.conversation.translator import TranslationModel, Translator
from bot.errors import BotError, CommandError, ModelLoadError, where
from bot.generation.types import (
    Delta,
    Generation,
    GenerationRequest,
    ModelInfo,
    Prompt,
    SamplingParams,
    TextGenerator,
)
from bot.messages import ConversationKey, IncomingMessage, Piece, Progress, Turn
from bot.storage.exchange import seen_by
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

T = TypeVar("T")

SIGN_OF_LIFE_S = 1.0
"""Seconds between two signs of life while nothing of an answer can be shown yet."""

VARIED_TEMPERATURE = 0.7
"""At least so lively is an answer that a person asked for anew."""

UNKNOWN_MODEL = ModelInfo(
    name="none",
    folder="",
    parameters=0,
    context_window=1024,
    has_chat_template=False,
    message_overhead=0,
    prompt_overhead=0,
    dtype="",
    device="",
    follows_instructions=False,
    uses_system_prompt=False,
    summarizes=False,
)
"""What tasks that need no model are given while none is loaded."""


@dataclass(frozen=True, slots=True)
class AnswerPolicy:
    """How this bot answers: its name, its persona, and what one answer may cost."""

    bot_name: str = "Parley"
    system_prompt: str = ""
    answer_tokens: int = 512
    timeout_s: float = 300.0
    language: str = "en"


class Answerer:
    """Runs tasks. One instance serves all conversations, and the command line's one-shots."""

    def __init__(
        self,
        memory: HistoryStore,
        generator: TextGenerator,
        policy: AnswerPolicy,
        tasks: Sequence[Task] = TASKS,
        translation: TranslationModel | None = None,
    ) -> None:
        self._memory = memory
        self._generator = generator
        self._policy = policy
        self._translation = translation
        self._tasks = {task.name: task for task in tasks}
        self.rules = RuleBook(memory)
        self.pace = Pace()
        self.changes: Changes | None = None
        self.permalinks: dict[str, Permalink] = {}
        self.access: dict[str, Access] = {}

    def task_for(self, question: IncomingMessage) -> Task:
        """The task that a message asks for. Raises CommandError for an unknown command."""
        name = question.command.name if question.command else "chat"
        if name not in self._tasks:
            raise CommandError(f"I do not know the command /{name}. Try /help.")
        return self._tasks[name]

    async def is_joining(self) -> bool:
        """Whether one answer may be given to several messages: a small model answers the last one only."""
        if self._generator.status != "ready":
            return True
        return (await self._generator.ready()).follows_instructions

    def is_memory(self, question: IncomingMessage) -> bool:
        """Whether the answer to a message becomes part of memory."""
        return self._has(question, lambda task: task.is_memory)

    def is_made_by_model(self, question: IncomingMessage) -> bool:
        """Whether the model makes the answer to a message, so that another one could be made."""
        return self._has(question, lambda task: task.needs_model)

    def can_continue(self, question: IncomingMessage) -> bool:
        """Whether the answer to a message can be continued where it was cut."""
        return self._has(question, lambda task: task.continues)

    def can_be_shared(self, question: IncomingMessage) -> bool:
        """Whether the answer to a message may be for one person or for everybody, as that person likes."""
        return self._has(question, lambda task: SHOW in task.options)

    def is_private(self, question: IncomingMessage) -> bool:
        """Whether only the person who asked is to see the answer to a message."""
        return is_private(question.command, tuple(self._tasks.values()), question.conversation)

    def reads_elsewhere(self, question: IncomingMessage) -> bool:
        """Whether a message asks what was said in another place: that is told to one person, and not kept."""
        return bool(place_wanted(question.command, question.conversation))

    def is_passing(self, question: IncomingMessage) -> bool:
        """Whether the answer to a message is written down nowhere."""
        return self._has(question, lambda task: task.is_passing)

    def _has(self, question: IncomingMessage, trait: Callable[[Task], bool]) -> bool:
        try:
            return trait(self.task_for(question))
        except CommandError:
            return False

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address of a message, None where its platform has none."""
        address = self.permalinks.get(key.platform)
        return address(key, message_id) if address else None

    async def answer(self, reply: Reply) -> AsyncGenerator[Piece, None]:
        """Yield the answer. A failure becomes a sentence to the person: instead of an answer, which makes the
        reply a notice, or shown behind what is written."""
        try:
            async with aclosing(self.run_task(reply.messages, str(reply.reply_id), reply)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str) and reply.is_cut:
                        reply.afterword += piece  # a remark on a text that is to be continued
                    else:
                        yield piece
        except BotError as error:
            level = logging.INFO if isinstance(error, CommandError) else logging.WARNING
            detail = "a command was used wrongly" if isinstance(error, CommandError) else str(error)
            log.log(level, "reply %d: %s: %s", reply.reply_id, type(error).__name__, detail)
            problem = error.user_message
        except Exception as error:
            log.error("reply %d: %s", reply.reply_id, where(error))
            problem = BotError.default_user_message
        else:
            return
        if reply.written:
            reply.afterword = problem
            reply.finish_reason = "length" if reply.written == reply.begun else "error"
        elif not reply.question.event_id.startswith(BY_FLAG):  # a flag that cannot be followed is a comment
            reply.is_notice = True
            yield problem

    async def run_task(
        self, messages: tuple[IncomingMessage, ...], label: str, reply: Reply | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Run the task that the last of `messages` asks for. Raises BotError; `label` names it in the log.
        `reply` says what is begun, and is told how each generation ended."""
        question = messages[-1]
        task = self.task_for(question)
        model = UNKNOWN_MODEL
        async with aclosing(self._model_for(task)) as waiting:
            async for piece in waiting:
                if isinstance(piece, ModelInfo):
                    model = piece
                else:
                    yield piece
        # Permissions are asked for now and not when the command came: it may have waited, or be made again.
        access = self.access.get(question.conversation.platform)
        place, missing = await find_place(question, access), NOTHING_MISSING
        if access is not None and not (reply and reply.is_quiet):
            messages = await in_askers_zone(messages, access)
            async with aclosing(access.prepare(question, place or question.conversation)) as signs:
                async for sign in signs:
                    if isinstance(sign, Missing):
                        missing = sign
                    else:
                        yield sign
        if missing.is_closed:
            messages = tuple(replace(message, sees_history=False) for message in messages)
        rules = await self.rules.of(question.conversation)
        context = self._context(task, messages, model, label, reply, place, rules, missing)
        async with aclosing(task.run(context)) as pieces:
            async for text in pieces:
                yield text
        if CHANNEL in task.options and (note := await context.hindrance()):
            yield f"\n\n_({note})_"

    async def _model_for(self, task: Task) -> AsyncGenerator[Progress | ModelInfo, None]:
        """Signs of life, then the model for a task; nothing where it does without. Raises ModelLoadError."""
        if not task.needs_model and self._generator.status != "ready":
            return
        loading = asyncio.ensure_future(self._generator.ready())
        try:
            while not await _done_within(loading, SIGN_OF_LIFE_S):
                yield Progress(self._generator.status)
            yield loading.result()
        except ModelLoadError:
            if task.needs_model and not task.does_without_model:
                raise
        finally:
            loading.cancel()

    def _submit(
        self,
        task: str,
        question: IncomingMessage,
        label: str,
        reply: Reply | None,
        prompt: Prompt,
        sampling: SamplingParams,
        *,
        generator: TextGenerator | None = None,
    ) -> AsyncGenerator[Piece, None]:
        """What a task's `ctx.generate` does: by the chat model, or by another `generator`."""
        is_quiet = reply is not None and reply.is_quiet
        request = GenerationRequest(
            request_id=f"{label}-{uuid4().hex[:8]}",
            prompt=prompt,
            sampling=_varied(sampling) if reply and reply.variation else sampling,
            tenant=f"{question.conversation.platform}:{'bridges' if is_quiet else question.author.id}",
            timeout_s=self._policy.timeout_s,
        )
        return _generate(generator or self._generator, request, task, reply, self.pace)

    def _translator(self, generate: Callable[..., AsyncGenerator[Piece, None]]) -> Translator | None:
        if self._translation is None:
            return None
        return Translator(self._translation, partial(generate, generator=self._translation.generator))

    def _context(
        self,
        task: Task,
        messages: tuple[IncomingMessage, ...],
        model: ModelInfo,
        label: str,
        reply: Reply | None,
        elsewhere: ConversationKey | None,
        rules: Rules,
        missing: Missing,
    ) -> TaskContext:
        question = messages[-1]
        place = elsewhere or question.conversation
        generate = partial(self._submit, task.name, question, label, reply)

        def leave_out() -> None:
            if reply is not None:
                reply.is_left_out = True

        def permalink(turn: Turn) -> str | None:
            return self.permalink(replace(place, thread_id=turn.thread_id), turn.message_id)

        return TaskContext(
            messages=messages,
            options=check_options(task, question.command.options) if question.command else {},
            memory=self._memory if elsewhere else seen_by(self._memory, messages),
            generator=self._generator,
            model=model,
            bot_name=self._policy.bot_name,
            system_prompt=self._policy.system_prompt,
            answer_tokens=self._policy.answer_tokens,
            generate=generate,
            language=rules.language or self._policy.language,
            permalink=permalink,
            begun=reply.begun if reply else "",
            variation=reply.variation if reply else 0,
            controls=reply.controls if reply else None,
            translator=self._translator(generate),
            leave_out=leave_out,
            remark=reply.remark if reply else lambda: None,
            elsewhere=elsewhere,
            missing=missing,
            access=self.access.get(question.conversation.platform),
            changes=self.changes if reply else None,
            pace=self.pace,
            room=reply.room if reply else None,
            is_private=self.is_private,
        )


async def _generate(
    generator: TextGenerator, request: GenerationRequest, task: str, reply: Reply | None, pace: Pace
) -> AsyncGenerator[Piece, None]:
    """Submit, show the place in the queue while waiting, then yield text; one log line at the end."""
    is_open = True
    if reply is not None:
        reply.finish_reason = None
    try:
        async with (
            aclosing(generator.submit(request)) as generation,
            aclosing(_signs_and_deltas(generator, generation)) as pieces,
        ):
            async for piece in pieces:
                if isinstance(piece, Progress):
                    yield piece
                    continue
                if piece.finish_reason:
                    is_open = False
                    _log_reply(task, piece)
                    if piece.usage is not None:
                        pace.note(piece.usage)
                if piece.text:
                    yield piece.text
                if reply is not None:
                    reply.finish_reason = piece.finish_reason
    except (GeneratorExit, asyncio.CancelledError):
        if is_open:
            log.info("request %s task=%s finish=aborted", request.request_id, task)
        raise


async def _signs_and_deltas(
    generator: TextGenerator, generation: Generation
) -> AsyncGenerator[Progress | Delta, None]:
    """The deltas of a generation, with signs of life while none comes."""
    stream = aiter(generation)
    while True:
        following = asyncio.ensure_future(_next_delta(stream))
        try:
            while not await _done_within(following, SIGN_OF_LIFE_S):
                yield Progress(_waiting_line(generator, generation))
        finally:
            following.cancel()
        delta = following.result()
        if delta is None:
            return
        yield delta


def _waiting_line(generator: TextGenerator, generation: Generation) -> str:
    if generator.status != "ready":
        return generator.status
    if generation.position == 0:
        return "thinking"
    wait_s = max(1, round(generation.estimated_wait_s))
    return f"waiting: place {generation.position} in the queue, about {wait_s} s"


def _varied(sampling: SamplingParams) -> SamplingParams:
    """Sampling for an answer that is to differ from the last: a greedy model gives the same again."""
    return replace(sampling, temperature=max(sampling.temperature, VARIED_TEMPERATURE))


async def _done_within(work: asyncio.Future[T], seconds: float) -> bool:
    """Whether `work` is done after at most `seconds`; it goes on if not."""
    await asyncio.wait({work}, timeout=seconds)
    return work.done()


def _next_delta(stream: object) -> Awaitable[Delta | None]:
    return anext(stream, None)  # type: ignore[call-overload,no-any-return]


def _log_reply(task: str, delta: Delta) -> None:
    usage = delta.usage
    if usage is None:
        log.info("request %s task=%s finish=%s", delta.request_id, task, delta.finish_reason)
        return
    log.info(
        "request %s task=%s prompt_tokens=%d new_tokens=%d "
        "queue_ms=%.0f first_token_ms=%.0f total_ms=%.0f finish=%s",
        delta.request_id,
        task,
        usage.prompt_tokens,
        usage.new_tokens,
        usage.queue_ms,
        usage.first_token_ms,
        usage.total_ms,
        delta.finish_reason,
    )
