from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from bot.generation.engine.detokenizer import Detokenizer

BYTE_LEVEL_PIECES = ["Ġthe", "he", "llo", "Ġ", "ðŁ", "ĺĢ", "æĹ", "¥æľ¬", "User", ":", "ĊĊ"]


def byte_level() -> Tokenizer:
    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *BYTE_LEVEL_PIECES]
    tokenizer = Tokenizer(models.BPE({piece: at for at, piece in enumerate(dict.fromkeys(pieces))}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sentencepiece() -> Tokenizer:
    pieces = [
        "<unk>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        "▁",
        "▁the",
        "he",
        "l",
        "o",
        "▁▁",
        "日",
        "a",
        "\n",
    ]
    vocab = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


BYTE_LEVEL, SENTENCEPIECE = byte_level(), sentencepiece()


def stream(tokenizer: Tokenizer, ids, stop=(), strip_start=False) -> list[str]:
    detokenizer = Detokenizer(tokenizer.decode, stop, strip_start=strip_start)
    pieces = [detokenizer.push(token) for token in ids]
    return [*pieces, detokenizer.finish()]


@given(st.lists(st.integers(0, BYTE_LEVEL.get_vocab_size() - 1), max_size=120))
@settings(max_examples=400, deadline=None)
def test_any_byte_level_tokens_join_to_their_decoding(ids):
    assert "".join(stream(BYTE_LEVEL, ids)) == BYTE_LEVEL.decode(ids)


@given(st.binary(min_size=20, max_size=100))
@settings(max_examples=300, deadline=None)
@example(b"\xff" * 60)
@example(b"\xf0\x9f" * 40)
@example(b"\x98" * 30 + "🦊".encode())
def test_long_runs_of_broken_bytes_join_to_their_decoding(data):
    alphabet = {char: BYTE_LEVEL.token_to_id(char) for char in pre_tokenizers.ByteLevel.alphabet()}
    ids = [alphabet[_byte_table()[byte]] for byte in data]
    assert "".join(stream(BYTE_LEVEL, ids)) == data.decode("utf-8", "replace")


@cache
def _byte_table() -> dict[int, str]:
    """The characters that byte-level BPE writes for bytes: printable ones stand for themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@settings(max_examples=300, deadline=None)
@example("👩‍👩‍👧‍👦 日本語 🦊🦊")
@example("  two spaces,  and\n\n lines ")
def test_any_text_streams_unchanged(text):
    for tokenizer in (BYTE_LEVEL, SENTENCEPIECE):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert "".join(stream(tokenizer, ids)) == tokenizer.decode(ids)


@given(st.lists(st.integers(257, SENTENCEPIECE.get_vocab_size() - 1), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_sentencepiece_tokens_join_to_their_decoding(ids):
    assert "".join(stream(SENTENCEPIECE, ids)) == SENTENCEPIECE.decode(ids)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(deadline=None)
def test_decoders_that_leave_out_half_characters_lose_none(text):
    def decode(ids):
        return bytes(ids).decode("utf-8", "ignore")

    detokenizer = Detokenizer(decode)
    shown = [detokenizer.push(byte) for byte in text.encode()]
    assert "".join(shown) + detokenizer.finish() == text


def test_no_piece_ends_in_half_a_character():
    ids = BYTE_LEVEL.encode("a 🦊 日本").ids
    assert len(ids) > len("a 🦊 日本")
    assert all("\ufffd" not in piece for piece in stream(BYTE_LEVEL, ids))


def test_the_end_of_an_incomplete_character_is_shown_at_last():
    ids = BYTE_LEVEL.encode("🦊").ids[:-1]
    assert "".join(stream(BYTE_LEVEL, ids)) == "\ufffd"


STOPS = st.lists(st.text("ab:\n", min_size=1, max_size=4), max_size=3)


@given(st.text("ab:\n c", max_size=40), STOPS)
@settings(max_examples=400, deadline=None)
def test_text_ends_before_the_first_stop_string(text, stop):
    ids = BYTE_LEVEL.encode(text).ids
    detokenizer = Detokenizer(BYTE_LEVEL.decode, stop)
    shown = ""
    for token in ids:
        shown += detokenizer.push(token)
        assert not any(one in shown for one in stop)
        if detokenizer.is_stopped:
            break
    shown += detokenizer.finish()
    assert text.startswith(shown) and not any(one in shown for one in stop)
    assert detokenizer.is_stopped == any(one in text for one in stop)
    if not detokenizer.is_stopped:
        assert shown == text


def test_what_may_become_a_stop_string_is_held_back():
    detokenizer = Detokenizer(BYTE_LEVEL.decode, ["\n\nUser:"])
    ids = BYTE_LEVEL.encode("a\n\nUse b").ids
    shown = [detokenizer.push(token) for token in ids]
    assert shown[:6] == ["a", "", "", "", "", ""]
    assert "".join(shown) + detokenizer.finish() == "a\n\nUse b"


@pytest.mark.parametrize("text", ["", "  ", " \n hello  ", "x"])
def test_white_space_of_the_format_is_dropped_in_front_only(text):
    pieces = stream(BYTE_LEVEL, BYTE_LEVEL.encode(text).ids, strip_start=True)
    assert "".join(pieces) == text.lstrip()


def test_a_stop_string_that_begins_with_a_line_break_still_stops_an_answer_at_its_start():
    detokenizer = Detokenizer(BYTE_LEVEL.decode, ["\nUser:"], strip_start=True)
    shown = "".join(detokenizer.push(token) for token in BYTE_LEVEL.encode("\nUser: hi").ids)
    assert shown == "" and detokenizer.is_stopped


def test_the_cost_of_a_token_does_not_grow_with_the_text():
    decoded = 0

    def decode(ids):
        nonlocal decoded
        decoded += len(ids)
        return BYTE_LEVEL.decode(ids)

    for data in (b"hello the fox " * 200, b"\xff" * 3000):
        decoded = 0
        detokenizer = Detokenizer(decode)
        for token in (BYTE_LEVEL.encode("a").ids[0] if byte < 128 else 130 for byte in data):
            detokenizer.push(token)
        detokenizer.finish()
        assert decoded < 60 * len(data)


def test_a_long_answer_streams_in_no_time():
    ids = BYTE_LEVEL.encode("a fox in 日本 " * 2000).ids
    began = time.perf_counter()
    assert "".join(stream(BYTE_LEVEL, ids, ["\nUser:", "\nBot:"])) == "a fox in 日本 " * 2000
    assert time.perf_counter() - began < 5
