"""Frames survive the way through bytes, whatever text they hold and however the stream is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.generation import wire
from bot.generation.catalog import ModelChoice
from bot.generation.types import (
    Delta,
    GenerationRequest,
    ModelInfo,
    Prompt,
    PromptMessage,
    SamplingParams,
    Usage,
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)  # lone surrogates too

REQUEST = GenerationRequest(
    "r1",
    Prompt((PromptMessage("user", "hi", "Ann"), PromptMessage("assistant", "yo")), "Well,"),
    SamplingParams(temperature=0.7, stop=("\n", "END"), seed=4),
    "ann",
    timeout_s=12,
)
INFO = ModelInfo(
    "m",
    "/m",
    5,
    128,
    True,
    4,
    2,
    "float32",
    "cpu",
    True,
    True,
    False,
    ("en", "fr"),
    {"top_p": 0.9},
    (("en", "fr"),),
)
CHOICE = ModelChoice("gpt2", Path("/models/gpt2"), None, "main", "set")

FRAMES: list[wire.Frame] = [
    wire.Start(CHOICE, 8, "auto", "auto", None, "m", 1.0, Path("/data/pins.json")),
    wire.Submit(REQUEST),
    wire.Abort("r1"),
    wire.Count(3, ("a", "")),
    wire.Downloading(5, 10),
    wire.Loading(),
    wire.Ready(INFO),
    wire.Failed("no such folder", "sorry"),
    wire.Deltas((Delta("r1", "x"), Delta("r1", "", "stop", Usage(3, 1, 0.5, 1.5, 2.0)))),
    wire.Refused("r1", "PromptTooLongError", "too long", ""),
    wire.Counted(3, (1, 0)),
    wire.Beat(),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_every_frame_comes_back_equal(frame):
    assert list(wire.Decoder().feed(wire.encode(frame))) == [frame]


@given(st.lists(ANY_TEXT, max_size=4), st.integers(1, 7))
def test_any_text_survives_any_cut_of_the_stream(texts, step):
    frames: list[wire.Frame] = [wire.Count(1, tuple(texts)), wire.Beat()]
    data = b"".join(wire.encode(frame) for frame in frames)
    decoder = wire.Decoder()
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    assert [frame for piece in pieces for frame in decoder.feed(piece)] == frames


def test_two_lone_surrogates_side_by_side_stay_two():
    frame = wire.Count(1, ("\ud83d\ude00", "\udc00\ud800"))
    (back,) = wire.Decoder().feed(wire.encode(frame))
    assert isinstance(back, wire.Count)
    assert [len(text) for text in back.texts] == [2, 2]


def test_a_frame_over_the_limit_is_refused_on_both_ends(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 100)
    with pytest.raises(wire.WireError):
        wire.encode(wire.Count(1, ("x" * 200,)))
    with pytest.raises(wire.WireError):
        list(wire.Decoder().feed((101).to_bytes(4, "big")))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"type":"Nonsense"}', b'{"type":"Abort"}', b'{"type":"Abort","request_id":5}',
        b'{"type":"Beat","extra":1}', b'{"type":"Count","count_id":1,"texts":"ab"}',
        b"\xff\xff", b"[" * 100_000,
        b'{"type":"Deltas","deltas":[{"request_id":"r","text":"secret","finish_reason":"bored","usage":null}]}',
    ],
)  # fmt: skip
def test_what_is_no_frame_raises_and_quotes_nothing(body):
    with pytest.raises(wire.WireError) as caught:
        list(wire.Decoder().feed(len(body).to_bytes(4, "big") + body))
    assert "secret" not in str(caught.value)
