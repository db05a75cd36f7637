"""What the worker and the engine's process say to each other, and how it becomes bytes.

A frame is a 4-byte big-endian length and that many bytes of JSON: the fields of one of the
dataclasses below and its name as `type`. Pure: knows no pipe, no process and no event loop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.generation.catalog import ModelChoice
from bot.generation.types import Delta, GenerationRequest, ModelInfo

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
_LENGTH_BYTES: Final = 4


class WireError(Exception):
    """Bytes that are no frame, or a frame over MAX_FRAME_BYTES. Never quotes the content."""


@dataclass(frozen=True, slots=True)
class Start:
    """To the child, first of all: what to load and how to run it.

    `engine_module` offers `load` and `Engine`; `beat_s` is the longest silence, in seconds, that the
    child keeps between two steps; `pins_file` remembers which commit of a hub model is in use.
    """

    model: ModelChoice
    max_batch: int
    device: str
    dtype: str
    threads: int | None
    engine_module: str
    beat_s: float
    pins_file: Path | None


@dataclass(frozen=True, slots=True)
class Submit:
    """To the child: generate this. Its `request_id` is the worker's own, new for every attempt."""

    request: GenerationRequest


@dataclass(frozen=True, slots=True)
class Abort:
    """To the child: stop generating this; nothing more is to come for it."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Count:
    """To the child: how many tokens is each of these texts?"""

    count_id: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Downloading:
    """From the child: bytes of the model that are here, and bytes in all."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Loading:
    """From the child: the files are here and the model is being loaded."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: the model is loaded."""

    info: ModelInfo


@dataclass(frozen=True, slots=True)
class Failed:
    """From the child, last of all: the model cannot be loaded, and trying again is of no use."""

    detail: str
    user_message: str


@dataclass(frozen=True, slots=True)
class Deltas:
    """From the child: what one step gave. Milliseconds in `usage` are filled in by the worker."""

    deltas: tuple[Delta, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """From the child: this one request cannot be generated."""

    request_id: str
    error: Literal["PromptTooLongError", "GenerationError"]
    detail: str
    user_message: str


@dataclass(frozen=True, slots=True)
class Counted:
    """From the child: the answer to a Count."""

    count_id: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """From the child: still at work. After Ready only the loop that steps sends it."""


ToChild = Start | Submit | Abort | Count
FromChild = Downloading | Loading | Ready | Failed | Deltas | Refused | Counted | Beat
Frame = ToChild | FromChild

_FRAMES: Final[dict[str, type]] = {frame.__name__: frame for frame in get_args(Frame)}


def encode(frame: Frame) -> bytes:
    """The bytes of one frame. Raises WireError when they are more than MAX_FRAME_BYTES."""
    fields = {"type": type(frame).__name__, **asdict(frame)}
    # Not `ensure_ascii`: escapes would join two lone surrogates that stand side by side.
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str)
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"a {type(frame).__name__} frame of {len(body)} bytes is over {MAX_FRAME_BYTES}")
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


class Decoder:
    """Turns a stream of bytes, cut anywhere, into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield every frame that `data` completes. Raises WireError; the stream is useless then."""
        self._buffer += data
        while (body := self._next_body()) is not None:
            yield _decode(body)

    def _next_body(self) -> bytes | None:
        length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if length > MAX_FRAME_BYTES:
            raise WireError(f"a frame claims {length} bytes")
        end = _LENGTH_BYTES + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH_BYTES:end])
        del self._buffer[:end]
        return body


def _decode(body: bytes) -> Frame:
    try:
        fields = json.loads(body.decode("utf-8", "surrogatepass"))
        frame = _FRAMES[fields.pop("type")]
        return cast(Frame, _build(frame, fields))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WireError(f"a frame could not be read ({type(error).__name__})") from None


T = TypeVar("T")


@lru_cache(maxsize=64)
def _hints(cls: type) -> dict[str, object]:
    return dict(get_type_hints(cls))


def _build(hint: object, value: object) -> object:
    """`value`, as JSON gave it, as an object of the annotated type `hint`. Raises TypeError."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return None if value is None else _build(next(a for a in arguments if a is not type(None)), value)
    if origin is Literal:
        return _checked(value in arguments, value)
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in _of(list, value))
    if origin is dict:
        return {_of(str, key): _build(arguments[1], item) for key, item in _of(dict, value).items()}
    if isinstance(hint, type) and is_dataclass(hint):
        fields = _of(dict, value)
        return hint(**{name: _build(_hints(hint)[name], item) for name, item in fields.items()})
    return _plain(hint, value)


def _plain(hint: object, value: object) -> object:
    if hint is Path:
        return Path(_of(str, value))
    if hint is float and isinstance(value, int):
        return float(value)
    return _of(cast(type, hint), value)


def _of(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value


def _checked(holds: bool, value: object) -> object:
    if not holds:
        raise TypeError("unexpected value")
    return value
