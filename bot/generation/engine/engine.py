"""The engine: requests in, one step at a time, pieces of text out. All batching lives behind `step`.

It must not know pipes, processes, asyncio, deadlines, or which user is whose: the worker decides who comes
when, and aborts. It knows requests, the loaded model, and how far each answer is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from bot.errors import GenerationError, PromptTooLongError
from bot.generation.engine.detokenizer import Detokenizer
from bot.generation.engine.loading import LoadedModel, LoadedTranslator, load
from bot.generation.engine.padded import PaddedRunner, Runner, why_not_padded
from bot.generation.engine.prompts import RenderedPrompt
from bot.generation.engine.sampler import NonFiniteLogitsError, Sampler
from bot.generation.engine.seq2seq import Seq2SeqRunner, why_not_together
from bot.generation.engine.single import SingleRunner
from bot.generation.types import Delta, FinishReason, GenerationRequest, ModelInfo, Prompt, Usage

__all__ = ["Engine", "load"]

LONGEST_TOKEN = 128  # characters; vocabularies hold long runs of spaces as one token
PREFILL_TOKENS_PER_STEP = 256  # long prompts are read in such pieces, so that running answers keep coming


@dataclass(slots=True)
class _Answer:
    """One request on its way: waiting, being prefilled, or running (then `last_token` is not yet in the
    cache)."""

    request_id: str
    prompt: RenderedPrompt
    max_new_tokens: int
    stop_ids: frozenset[int]
    sampler: Sampler
    detokenizer: Detokenizer
    added_at: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    first_token_at: float | None = None
    new_tokens: int = 0
    last_token: int = 0

    def usage(self) -> Usage:
        """Costs so far; an answer that never began has waited until now."""
        now = time.monotonic()
        started = self.started_at or now
        return Usage(
            prompt_tokens=len(self.prompt.ids),
            new_tokens=self.new_tokens,
            queue_ms=(started - self.added_at) * 1000,
            first_token_ms=((self.first_token_at or now) - self.added_at) * 1000,
            total_ms=(now - self.added_at) * 1000,
        )


class Engine:
    """Generates many answers at once, `max_batch` of them running and the others waiting in order of arrival.

    Everything but `count_tokens` must be called from one thread. Batched output equals the output of each
    request alone, and greedy output that of `model.generate`, as far as floating point allows.
    """

    def __init__(self, loaded: LoadedModel | LoadedTranslator, *, max_batch: int = 8) -> None:
        self._loaded = loaded
        self._max_batch = max_batch
        self._runner, self.why_not_batched = _runner(loaded)
        self._waiting: deque[_Answer] = deque()
        self._prefilling: deque[_Answer] = deque()
        self._running: dict[str, _Answer] = {}

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self._loaded.info

    @property
    def has_work(self) -> bool:
        """Whether `step` would do anything."""
        return bool(self._waiting or self._prefilling or self._running)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in tokens, without special tokens. Safe to call from any thread while `step`
        runs."""
        return self._loaded.codec.count(texts)

    def add(self, request: GenerationRequest) -> None:
        """Take a request; its answer begins in one of the next steps. An answer is cut to what the context
        window leaves. Raises PromptTooLongError, and GenerationError for a prompt that cannot be
        rendered."""
        if request.request_id in self._ids():
            raise GenerationError(f"request {request.request_id} is already here")
        sampling = request.sampling
        prompt = self._render(request.prompt)
        is_apart = isinstance(self._loaded, LoadedTranslator)  # its decoder has a window of its own
        room = self.info.context_window - len(prompt.answer_ids if is_apart else prompt.ids)
        stop_ids = self._loaded.eos_ids | prompt.stop_ids
        answer = _Answer(
            request_id=request.request_id,
            prompt=prompt,
            max_new_tokens=min(sampling.max_new_tokens, room),
            stop_ids=stop_ids,
            sampler=Sampler(sampling, stop_ids),
            detokenizer=Detokenizer(
                self._loaded.codec.decode,
                (*sampling.stop, *prompt.stop),
                strip_start=prompt.strip_start,
                context=prompt.begun_ids,
            ),
        )
        self._waiting.append(answer)

    def _render(self, prompt: Prompt) -> RenderedPrompt:
        """Ids of a prompt that leaves room for an answer."""
        window = self.info.context_window
        length = len(prompt.prefix) + sum(len(message.content) for message in prompt.messages)
        if length > LONGEST_TOKEN * window:  # tokenizing it would stall the other answers
            raise PromptTooLongError(f"prompt of {length} characters, context window of {window} tokens")
        rendered = self._loaded.renderer.render(prompt)
        if len(rendered.ids) >= window:
            raise PromptTooLongError(f"prompt of {len(rendered.ids)} tokens, context window of {window}")
        if max(rendered.ids) >= self._loaded.vocabulary:
            raise GenerationError("the tokenizer has tokens in this prompt that the model does not know")
        return rendered

    def _ids(self) -> set[str]:
        return {
            *self._running,
            *(a.request_id for a in self._waiting),
            *(a.request_id for a in self._prefilling),
        }

    def abort(self, request_id: str) -> None:
        """Forget a request and free its place at once; no further delta comes for it. Unknown ids are
        ignored."""
        self._running.pop(request_id, None)
        for queue in (self._waiting, self._prefilling):
            for answer in [answer for answer in queue if answer.request_id == request_id]:
                queue.remove(answer)
        self._runner.drop(request_id)

    @torch.inference_mode()
    def step(self) -> list[Delta]:
        """One token for every running answer, then some prefill for those that wait.

        Returns text that became final and, with its last delta, every answer that ended. Steps that only held
        text back return nothing for that answer.
        """
        deltas = self._decode()
        self._admit()
        return deltas + self._prefill()

    def _decode(self) -> list[Delta]:
        if not self._running:
            return []
        logits = self._runner.decode({key: answer.last_token for key, answer in self._running.items()})
        deltas = [self._accept(answer, logits[key]) for key, answer in list(self._running.items())]
        return [delta for delta in deltas if delta is not None]

    def _admit(self) -> None:
        while self._waiting and len(self._running) + len(self._prefilling) < self._max_batch:
            answer = self._waiting.popleft()
            answer.started_at = time.monotonic()
            self._runner.begin(answer.request_id, answer.prompt.ids, answer.prompt.answer_ids)
            self._prefilling.append(answer)

    def _prefill(self) -> list[Delta]:
        """Read prompts in order of arrival, up to the step's budget of tokens."""
        deltas: list[Delta | None] = []
        budget = PREFILL_TOKENS_PER_STEP
        while self._prefilling and budget > 0:
            answer = self._prefilling[0]
            if answer.max_new_tokens < 1:
                self._prefilling.popleft()
                deltas.append(self._finish(answer, "", "length"))
                continue
            done, logits = self._runner.prefill(answer.request_id, budget)
            budget -= done
            if logits is not None:
                self._prefilling.popleft()
                self._running[answer.request_id] = answer
                deltas.append(self._accept(answer, logits))
        return [delta for delta in deltas if delta is not None]

    def _accept(self, answer: _Answer, logits: torch.Tensor) -> Delta | None:
        """Choose the answer's next token and say what it gives: text, its end, or nothing to show yet."""
        try:
            token = answer.sampler.choose(logits)
        except NonFiniteLogitsError:
            return self._finish(answer, answer.detokenizer.finish(), "error")
        answer.first_token_at = answer.first_token_at or time.monotonic()
        answer.new_tokens += 1
        answer.last_token = token
        if token in answer.stop_ids:
            return self._finish(answer, answer.detokenizer.finish(), "stop")
        text = answer.detokenizer.push(token) if self._loaded.codec.is_visible(token) else ""
        is_full = answer.new_tokens >= answer.max_new_tokens
        if is_full:
            text += answer.detokenizer.finish()
        if answer.detokenizer.is_stopped:
            return self._finish(answer, text, "stop")
        if is_full:
            return self._finish(answer, text, "length")
        return Delta(answer.request_id, text) if text else None

    def _finish(self, answer: _Answer, text: str, reason: FinishReason) -> Delta:
        self.abort(answer.request_id)
        return Delta(answer.request_id, text, reason, answer.usage())


def _runner(loaded: LoadedModel | LoadedTranslator) -> tuple[Runner, str | None]:
    """What runs the model, and why not in a batch, if so."""
    if isinstance(loaded, LoadedTranslator):
        reason = why_not_together(loaded.model)
        return Seq2SeqRunner(loaded.model, max_rows=1 if reason else None), reason
    reason = why_not_padded(loaded.model)
    return (SingleRunner if reason else PaddedRunner)(loaded.model), reason
