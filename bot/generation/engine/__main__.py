"""The engine's process: frames come in on standard input, go out on standard output, steps in between.

Torch-free itself: it imports the engine by name once it was told what to load. The loop in `main` is the only
thread that touches the engine, but for `count_tokens`; a reader takes frames in, so that the
process ends at once when its parent does, even in the middle of a step. Message text reaches neither
standard error nor an exception's message that is printed.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, cast

from bot.errors import BotError, GenerationError, ModelLoadError, PromptTooLongError
from bot.generation import hub
from bot.generation.catalog import POCKET
from bot.generation.folders import verify_manifest
from bot.generation.types import Delta, GenerationRequest, ModelInfo
from bot.generation.wire import (
    Abort,
    Beat,
    Count,
    Counted,
    Decoder,
    Deltas,
    Downloading,
    Failed,
    Frame,
    Loading,
    Ready,
    Refused,
    Start,
    Submit,
    encode,
)

_READ_BYTES: Final = 256 * 1024
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>


class EngineLike(Protocol):
    """What the loop needs of an engine."""

    info: ModelInfo

    @property
    def has_work(self) -> bool: ...
    def add(self, request: GenerationRequest) -> None: ...
    def abort(self, request_id: str) -> None: ...
    def step(self) -> list[Delta]: ...
    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...


class EngineModule(Protocol):
    """A module that can load a model and run it."""

    def load(self, folder: Path, *, name: str, device: str, dtype: str, threads: int | None) -> object: ...
    def Engine(self, loaded: object, *, max_batch: int) -> EngineLike: ...  # noqa: N802


class Link:
    """The way back to the worker; several threads send, one whole frame at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, frame: Frame) -> None:
        """Send one frame; without anybody who reads, end the process."""
        data = encode(frame)
        try:
            with self._lock:
                self._stream.write(data)
                self._stream.flush()
        except OSError:
            os._exit(0)


class Inbox:
    """Takes frames in on a thread of its own: work for the loop, questions for the counting thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = Decoder()
        self.work: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self.questions: queue.SimpleQueue[Count] = queue.SimpleQueue()

    def read(self) -> None:
        """Read until the worker closes its end or dies, and end the process then."""
        while data := os.read(self._stream.fileno(), _READ_BYTES):
            for frame in self._decoder.feed(data):
                if isinstance(frame, Count):
                    self.questions.put(frame)
                else:
                    self.work.put(frame)
        os._exit(0)


def main() -> None:
    """Load what the first frame names, then generate until the worker goes away."""
    _die_with_parent()
    inbound, outbound = _reserve_pipes()
    sys.excepthook = _print_without_text
    threading.excepthook = _end_with_thread
    link, inbox = Link(outbound), Inbox(inbound)
    threading.Thread(target=inbox.read, name="reader", daemon=True).start()
    start = cast(Start, inbox.work.get())
    try:
        engine = _load(start, link)
    except BotError as error:
        link.send(Failed(str(error), error.user_message))
        return
    link.send(Ready(engine.info))
    threading.Thread(target=_count, args=(engine, inbox, link), name="counter", daemon=True).start()
    _serve(engine, inbox, link, start.beat_s)


def _load(start: Start, link: Link) -> EngineLike:
    """Fetch and load the model. A side thread beats meanwhile: loading takes as long as it takes."""
    is_loaded = threading.Event()
    threading.Thread(target=_beat, args=(is_loaded, link, start.beat_s), name="beats", daemon=True).start()
    try:
        folder = _folder(start, link)
        link.send(Loading())
        module = cast(EngineModule, importlib.import_module(start.engine_module))
        loaded = module.load(
            folder, name=start.model.name, device=start.device, dtype=start.dtype, threads=start.threads
        )
        return module.Engine(loaded, max_batch=start.max_batch)
    except ImportError as error:
        raise ModelLoadError(f"the engine cannot be imported: {error}") from error
    finally:
        is_loaded.set()


def _folder(start: Start, link: Link) -> Path:
    model = start.model
    if model.folder is None:
        return hub.fetch(model, start.pins_file, lambda done, total: link.send(Downloading(done, total)))
    if model.name == POCKET:
        verify_manifest(model.folder)
    return model.folder


def _beat(is_loaded: threading.Event, link: Link, beat_s: float) -> None:
    while not is_loaded.wait(beat_s):
        link.send(Beat())


def _count(engine: EngineLike, inbox: Inbox, link: Link) -> None:
    while True:
        question = inbox.questions.get()
        link.send(Counted(question.count_id, tuple(engine.count_tokens(question.texts))))


def _serve(engine: EngineLike, inbox: Inbox, link: Link, beat_s: float) -> None:
    """The loop: take what came in, step, send what it gave. Its beats prove that steps come to an end."""
    beaten_at = 0.0
    while True:
        _take(engine, inbox, link, wait_s=0.0 if engine.has_work else beat_s)
        if engine.has_work and (deltas := engine.step()):
            link.send(Deltas(tuple(deltas)))
        if time.monotonic() - beaten_at >= beat_s:
            beaten_at = time.monotonic()
            link.send(Beat())


def _take(engine: EngineLike, inbox: Inbox, link: Link, wait_s: float) -> None:
    """Hand all frames that are waiting to the engine; wait up to `wait_s` seconds for a first one."""
    try:
        frame = inbox.work.get(timeout=wait_s) if wait_s else inbox.work.get_nowait()
        while True:
            if isinstance(frame, Submit):
                _add(engine, frame.request, link)
            elif isinstance(frame, Abort):
                engine.abort(frame.request_id)
            frame = inbox.work.get_nowait()
    except queue.Empty:
        pass


def _add(engine: EngineLike, request: GenerationRequest, link: Link) -> None:
    try:
        engine.add(request)
    except PromptTooLongError as error:
        link.send(Refused(request.request_id, "PromptTooLongError", str(error), error.user_message))
    except GenerationError as error:
        link.send(Refused(request.request_id, "GenerationError", str(error), error.user_message))
    except Exception as error:  # a prompt that the tokenizer or template chokes on is not the others' fault
        detail = f"the engine refused a request ({type(error).__name__})"
        link.send(Refused(request.request_id, "GenerationError", detail, ""))


def _reserve_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the two pipes away from standard input and output, so that a library's print cannot get between
    frames: reads give nothing from now on, and prints go to standard error."""
    inbound, outbound = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbound, outbound


def _die_with_parent() -> None:
    """Have Linux kill this process when its parent dies, for the case that it is stopped and cannot read.

    And ignore Ctrl-C and SIGTERM, which a terminal or a service manager sends to parent and child alike:
    the parent decides, and may want to finish an answer first.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _print_without_text(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """Where it happened and what kind of error it was; of the message only what cannot quote a prompt."""
    message = str(error) if issubclass(kind, (RuntimeError, OSError, MemoryError)) else "(message withheld)"
    sys.stderr.write("".join(traceback.format_tb(where)) + f"{kind.__name__}: {message}\n")


def _end_with_thread(args: threading.ExceptHookArgs) -> None:
    """No thread can be missed: the worker starts a whole new process instead."""
    _print_without_text(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
    os._exit(70)  # EX_SOFTWARE of <sysexits.h>


if __name__ == "__main__":
    main()
