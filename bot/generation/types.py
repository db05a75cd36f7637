"""What the bot and whatever generates text say to each other.

Standard library only: the conversation side imports this, and so does the engine's process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.messages import Role

FinishReason = Literal["stop", "length", "aborted", "timeout", "error"]
"""`stop`: end-of-sequence or a stop string; `length`: `max_new_tokens` or the context window;
`aborted`: cancelled by the caller; `timeout`: the deadline passed; `error`: see the exception."""


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt. `name` is the speaker's display name in a group, or None."""

    role: Role
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is to continue.

    With `messages`, the engine renders them by the model's chat template, or as a transcript
    (`Name: text` lines with stop strings) where the model has none; `prefix` then is the beginning
    of the answer, already fixed. Without messages, `prefix` is raw text to be continued.

    For a translation model, `prefix` is the text to be translated, from `source_language` ("" where it is not
    known) into `target_language` (both ISO 639-1), and `begun` the beginning of the translation.
    """

    messages: tuple[PromptMessage, ...] = ()
    prefix: str = ""
    source_language: str = ""
    target_language: str = ""
    begun: str = ""


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How tokens are chosen. The defaults are greedy decoding, as `generate` does by default.

    `temperature` 0 is greedy; `top_k` 0 and `top_p` 1 are off. `repetition_penalty` counts
    generated tokens only, never the prompt's (1 is off). The end of the text is not chosen before
    `min_new_tokens`. `seed` None takes a random one.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    seed: int | None = None
    repetition_penalty: float = 1.0
    min_new_tokens: int = 0


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One answer to be generated. `tenant` is whom the fair queue counts it for (a user);
    `timeout_s` counts from submission, waiting included."""

    request_id: str
    prompt: Prompt
    sampling: SamplingParams
    tenant: str
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer cost. Milliseconds count from submission."""

    prompt_tokens: int
    new_tokens: int
    queue_ms: float
    first_token_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of one answer. The last one has a `finish_reason` and `usage`."""

    request_id: str
    text: str
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of the loaded model.

    `context_window` counts tokens, prompt and answer together. `message_overhead` is the largest
    number of tokens that rendering adds to one message, `prompt_overhead` what it adds to a whole
    prompt. The skills come from the folder's `parley.json` where there is one; otherwise
    a chat template means `follows_instructions`, and `translates` None means "try any pair".

    Of a translation model, `context_window` counts the text and its translation apart. `translates` are all
    languages that it knows (ISO 639-1), `pairs` the (source, target) that it can do, None where it is any two
    of them.

    `placeholder` is what the model was trained to keep in a translation: "⟦{n}⟧", with a number for {n}.
    """

    name: str
    folder: str
    parameters: int
    context_window: int
    has_chat_template: bool
    message_overhead: int
    prompt_overhead: int
    dtype: str
    device: str
    follows_instructions: bool
    uses_system_prompt: bool
    summarizes: bool
    translates: tuple[str, ...] | None = None
    sampling: dict[str, float] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] | None = None
    placeholder: str | None = None


class Generation(Protocol):
    """One submitted request: an async iterator of deltas.

    Iteration raises a GenerationError when no answer can come. Closing it, or cancelling the task
    that iterates, aborts the request.
    """

    request_id: str

    @property
    def position(self) -> int:
        """0 when running, else the place in the queue, from 1."""

    @property
    def estimated_wait_s(self) -> float:
        """Estimated seconds until this request runs; 0 when it does."""

    def __aiter__(self) -> AsyncIterator[Delta]: ...

    async def __anext__(self) -> Delta: ...

    async def aclose(self) -> None: ...


class TextGenerator(Protocol):
    """Whatever generates text: the worker with its engine process, or a remote server."""

    async def start(self) -> None:
        """Begin loading and return at once; `ready` waits."""

    async def ready(self) -> ModelInfo:
        """Wait until the model is loaded. Raises ModelLoadError."""

    @property
    def status(self) -> str:
        """One line for people: "loading the model", "downloading, 34%", "ready", ..."""

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, without special tokens."""

    def submit(self, request: GenerationRequest) -> Generation:
        """Queue a request. Raises WorkerBusyError when the queue is full."""

    async def close(self) -> None:
        """Abort everything and stop the process."""
