"""A second engine for the worker's child process: no model, but every fault on request.

It keeps the interface of `bot.generation.engine.engine` and is run by the same main loop. The prompt's
prefix is a little program of words: `count 20` writes 20 numbers, `slow` waits in each step, `die 3` kills
the process at the third token, `die-once FILE 3` only if FILE is not there yet, `hang 3` never comes back
from that step, `spin 3` computes there for ever (or `briefly`), `raise 3` raises an error that quotes the
prompt, `differ 3` writes its process id as the third token, `noise` prints to standard output, `echo`
gives the messages back. The model's name says what becomes of loading.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ModelLoadError, PromptTooLongError
from bot.generation.types import Delta, GenerationRequest, ModelInfo, Usage

CONTEXT_WINDOW = 10_000
STEP_S = 0.003


def load(folder: Path, *, name: str, device: str, dtype: str, threads: int | None) -> ModelInfo:
    if name == "unloadable":
        raise ModelLoadError("model.safetensors is damaged")
    if name == "kills":
        sys.stderr.write("out of something\n")
        os._exit(9)
    if name == "slow":
        time.sleep(1.5)
    return ModelInfo(name, str(folder), 0, CONTEXT_WINDOW, False, 0, 0, dtype, device, False, False, False)


@dataclass
class Answer:
    request: GenerationRequest
    words: list[str]
    made: int = 0

    def number(self, word: str) -> int:
        return int(self.words[self.words.index(word) + 1]) if word in self.words else -1


class Engine:
    def __init__(self, info: ModelInfo, *, max_batch: int) -> None:
        self.info = info
        self.max_batch = max_batch
        self.answers: dict[str, Answer] = {}
        self.generated = 0
        self.widest = 0

    @property
    def has_work(self) -> bool:
        return bool(self.answers)

    def add(self, request: GenerationRequest) -> None:
        prompt = request.prompt
        if len(prompt.prefix) > CONTEXT_WINDOW:
            raise PromptTooLongError(f"{len(prompt.prefix)} tokens")
        if "impossible" in prompt.prefix:
            raise ValueError(prompt.prefix)
        self.answers[request.request_id] = Answer(request, prompt.prefix.split())

    def abort(self, request_id: str) -> None:
        self.answers.pop(request_id, None)

    def step(self) -> list[Delta]:
        time.sleep(0.05 if any("slow" in answer.words for answer in self.answers.values()) else STEP_S)
        self.widest = max(self.widest, len(self.answers))
        assert self.widest <= self.max_batch
        return [self._next(answer) for answer in list(self.answers.values())]

    def _next(self, answer: Answer) -> Delta:
        answer.made += 1
        self.generated += 1
        self._misbehave(answer)
        request_id = answer.request.request_id
        limit = min(answer.request.sampling.max_new_tokens, max(answer.number("count"), 1))
        text = self._text(answer)
        if answer.made < limit:
            return Delta(request_id, text)
        self.abort(request_id)
        return Delta(request_id, text, "stop", Usage(len(answer.words), answer.made, 0, 0, 0))

    def _text(self, answer: Answer) -> str:
        if answer.words and answer.words[0] == "echo":
            return "".join(message.content for message in answer.request.prompt.messages)
        if answer.made == answer.number("differ"):
            return f" {os.getpid()}"
        return f" {answer.made}"

    def _misbehave(self, answer: Answer) -> None:
        if "noise" in answer.words:
            sys.stdout.write("a library's print\n")
            os.write(1, b"\x00\x00\x00\x01!")
        if answer.made == answer.number("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if answer.made == answer.number("hang"):
            time.sleep(3600)
        if answer.made == answer.number("spin"):
            end = time.monotonic() + (1.5 if "briefly" in answer.words else 3600)
            while time.monotonic() < end:
                pass
        if answer.made == answer.number("raise"):
            raise KeyError(answer.request.prompt.prefix)
        if "die-once" in answer.words:
            place = answer.words.index("die-once")
            if answer.made == int(answer.words[place + 2]) and not Path(answer.words[place + 1]).exists():
                Path(answer.words[place + 1]).touch()
                os.kill(os.getpid(), signal.SIGKILL)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if texts and texts[0].startswith("?generated"):
            return [self.generated]
        if texts and texts[0].startswith("?widest"):
            return [self.widest]
        return [len(text.split()) for text in texts]
