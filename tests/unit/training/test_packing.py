"""Packing: shares are kept, documents stay apart, and the position in the data can be restored."""

from __future__ import annotations

import numpy as np
import pytest

from bot.training.packing import Packer, Shuffled, TextWindows, Tokens, pack_all
from bot.training.tokens import END_ID, PAD_ID

LETTERS = "abcdefghijklmnopqrstuvwxyz. "


def encode(text: str) -> list[int]:
    return [20 + LETTERS.index(char) for char in text]


def document(index: int) -> Tokens:
    length = 5 + index % 9
    return [100 + index % 50] * (length - 1) + [END_ID], [0.0, *[1.0] * (length - 1)]


def make_packer(**shares: float) -> Packer:
    text = TextWindows(encode, ["a long text. " * 30, "another one. " * 40], seed=1)
    return Packer({"talk": document}, text, shares or {"talk": 0.7, "text": 0.3}, rows=4, row_length=32)


def test_shares_are_kept_by_tokens() -> None:
    packer = make_packer()
    for _ in range(60):
        packer.next_batch()
    drawn = packer.state()["drawn"]
    assert drawn["talk"] / sum(drawn.values()) == pytest.approx(0.7, abs=0.03)


def test_targets_are_the_next_token_of_the_same_document() -> None:
    for _ in range(5):
        batch = make_packer().next_batch()
        for row in range(4):
            for at in range(31):
                if batch.weights[row, at] > 0:
                    assert batch.segments[row, at] == batch.segments[row, at + 1] > 0
                    assert batch.targets[row, at] == batch.ids[row, at + 1]
                    assert batch.positions[row, at + 1] == batch.positions[row, at] + 1
            assert batch.weights[row, 31] == 0
    assert (batch.ids[batch.segments == 0] == PAD_ID).all()


def test_a_restored_packer_goes_on_with_the_same_batches() -> None:
    packer, other = make_packer(), make_packer()
    for _ in range(3):
        packer.next_batch()
    other.load_state(packer.state())
    for _ in range(4):
        expected, actual = packer.next_batch(), other.next_batch()
        np.testing.assert_array_equal(expected.ids, actual.ids)
        np.testing.assert_array_equal(expected.weights, actual.weights)


def test_new_shares_hold_from_where_they_are_set() -> None:
    packer, other = make_packer(), make_packer(talk=0.3, text=0.7)
    for _ in range(30):
        packer.next_batch()
    other.load_state(packer.state())
    used = [other.next_batch().tokens_by_task for _ in range(30)]
    talk, text = (sum(row[task] for row in used) for task in ("talk", "text"))
    assert talk / (talk + text) == pytest.approx(0.3, abs=0.05)


def test_shuffling_visits_everything_once_a_round_in_new_orders() -> None:
    order = Shuffled(10, "seed")
    rounds = [[order(n * 10 + i) for i in range(10)] for n in range(3)]
    assert all(sorted(items) == list(range(10)) for items in rounds)
    assert rounds[0] != rounds[1]
    assert [order(i) for i in range(10)] == rounds[0]
    with pytest.raises(ValueError, match="nothing to draw"):
        Shuffled(0, "empty")


def test_text_windows_end_a_document_only_where_it_ends() -> None:
    windows = TextWindows(encode, ["one two three. four five six. " * 10], seed=1)
    for index in range(40):
        ids, weights = windows.window(index, 50)
        assert len(ids) == len(weights) <= 50
        assert END_ID not in ids[:-1]
    whole, _ = TextWindows(encode, ["short text."], seed=1).window(0, 50)
    assert whole[-1] == END_ID


def test_packing_all_keeps_every_document_and_splits_into_equal_batches() -> None:
    documents = [document(index) for index in range(20)]
    batch = pack_all(documents, 16)
    assert sum(int(row.max()) for row in batch.segments) == 20
    parts = list(batch.split(3))
    assert {part.ids.shape for part in parts} == {(3, 16)}
    assert sum(float(part.weights.sum()) for part in parts) == float(batch.weights.sum())
