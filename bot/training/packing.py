"""Draws documents from the tasks and packs them into batches of fixed shape.

Knows token ids, loss weights and shares; nothing about files, models or devices.
Document number i of a task is a pure function of i, so the position in the data is one counter a task.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.training.tokens import END_ID, PAD_ID

Tokens = tuple[list[int], list[float]]
"""Ids of a document, and the loss weight of each."""


@dataclass(frozen=True)
class Batch:
    """`rows` packed rows of `row_length` tokens; all arrays have the shape (rows, row_length).

    `segments` numbers the documents of a row from 1 (0 is padding): a token may only see its own document.
    `positions` starts anew in every document. `weights` is the loss weight of predicting `targets`.
    """

    ids: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    segments: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    tokens_by_task: dict[str, int]

    def split(self, rows: int) -> Iterator[Batch]:
        """Batches of just `rows` rows each, the last one filled up with padding."""
        for start in range(0, len(self.ids), rows):
            parts: dict[str, Any] = {name: _rows_of(getattr(self, name), start, rows) for name in ARRAYS}
            yield Batch(**parts, tokens_by_task={})


ARRAYS = ("ids", "targets", "weights", "segments", "positions")


def _rows_of(array: npt.NDArray[Any], start: int, rows: int) -> npt.NDArray[Any]:
    part = array[start : start + rows]
    return np.concatenate([part, np.zeros((rows - len(part), array.shape[1]), array.dtype)])


class Shuffled:
    """The items of a list in an order that is new, but repeatable, every time round."""

    def __init__(self, size: int, seed: str) -> None:
        """Raises ValueError where `size` is 0."""
        if not size:
            raise ValueError(f"nothing to draw from: {seed}")
        self._size, self._seed, self._round = size, seed, -1
        self._order: list[int] = []

    def __call__(self, index: int) -> int:
        """The item that comes at place `index`, counted over all rounds."""
        number, place = divmod(index, self._size)
        if number != self._round:
            self._order = list(range(self._size))
            random.Random(f"{self._seed}:{number}").shuffle(self._order)
            self._round = number
        return self._order[place]


class TextWindows:
    """Plain documents, or windows of them that start at a sentence and have any length asked for."""

    def __init__(self, encode: Callable[[str], list[int]], texts: Sequence[str], seed: int) -> None:
        """`encode` turns a text into ids; `texts` must not be empty."""
        self._encode, self._texts, self._seed = encode, texts, seed
        self._order = Shuffled(len(texts), f"{seed}:text")

    def window(self, index: int, max_tokens: int) -> Tokens:
        """Text number `index`, from its start or a random sentence of it, cut at `max_tokens`."""
        text = self._texts[self._order(index)]
        rng = random.Random(f"{self._seed}:window:{index}")
        if rng.random() < 0.5:
            starts = [at + 2 for at in range(len(text) - 80) if text[at] in ".!?" and text[at + 1] in " \n"]
            text = text[rng.choice(starts) :].lstrip() if starts else text
        ids = [*self._encode(text[: max_tokens * 8]), END_ID][:max_tokens]
        if ids[-1] == END_ID and len(text) > max_tokens * 8:
            ids = ids[:-1]
        return ids, [1.0] * len(ids)


class Packer:
    """Fills batches so that each task has its share of the tokens; text fills what is left over."""

    def __init__(
        self,
        tasks: Mapping[str, Callable[[int], Tokens]],
        text: TextWindows,
        shares: Mapping[str, float],
        rows: int,
        row_length: int,
    ) -> None:
        """`tasks` gives document number i; `shares` is by tokens and needs a key "text" too."""
        self._tasks, self._text, self._shares = tasks, text, shares
        self._rows, self._row_length = rows, row_length
        self._next = dict.fromkeys([*tasks, "text"], 0)
        self._drawn = dict.fromkeys([*tasks, "text"], 0)

    def state(self) -> dict[str, Any]:
        """Position in the data, for a checkpoint."""
        return {"next": dict(self._next), "drawn": dict(self._drawn), "shares": dict(self._shares)}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken; new shares hold from there on, not in hindsight."""
        self._next.update(state["next"])
        if state.get("shares", self._shares) == self._shares:
            self._drawn.update(state["drawn"])

    def next_batch(self) -> Batch:
        """The next batch. A document longer than a row is cut."""
        rows: list[list[Tokens]] = [[] for _ in range(self._rows)]
        room = [self._row_length] * self._rows
        before = dict(self._drawn)
        while True:
            task = self._most_behind()
            if task == "text":
                free = [row for row in range(self._rows) if room[row] == self._row_length]
                if not free:
                    break
                self._put_text(rows, room, free[0])
                continue
            document = self._cut(self._tasks[task](self._next[task]))
            fitting = [row for row in range(self._rows) if room[row] >= len(document[0])]
            if not fitting:
                break
            self._put(rows, room, min(fitting, key=room.__getitem__), task, document)
        for row in range(self._rows):
            while room[row] >= 16:
                self._put_text(rows, room, row)
        used = {task: self._drawn[task] - before[task] for task in self._drawn}
        return _to_batch(rows, self._row_length, used)

    def _most_behind(self) -> str:
        """The task whose part of the tokens lies furthest under its share."""
        total = sum(self._drawn.values()) + 1
        return max(self._drawn, key=lambda task: self._shares.get(task, 0.0) - self._drawn[task] / total)

    def _cut(self, document: Tokens) -> Tokens:
        return document[0][: self._row_length], document[1][: self._row_length]

    def _put_text(self, rows: list[list[Tokens]], room: list[int], row: int) -> None:
        self._put(rows, room, row, "text", self._text.window(self._next["text"], room[row]))

    def _put(self, rows: list[list[Tokens]], room: list[int], row: int, task: str, document: Tokens) -> None:
        rows[row].append(document)
        room[row] -= len(document[0])
        self._next[task] += 1
        self._drawn[task] += len(document[0])


def pack_all(documents: Sequence[Tokens], row_length: int) -> Batch:
    """All `documents`, first fit, in as many rows as they need; longer ones are cut."""
    rows: list[list[Tokens]] = []
    room: list[int] = []
    for ids, weights in documents:
        document = ids[:row_length], weights[:row_length]
        row = next((at for at, left in enumerate(room) if left >= len(document[0])), len(rows))
        if row == len(rows):
            rows.append([])
            room.append(row_length)
        rows[row].append(document)
        room[row] -= len(document[0])
    return _to_batch(rows, row_length, {})


def _to_batch(rows: list[list[Tokens]], row_length: int, tokens_by_task: dict[str, int]) -> Batch:
    shape = len(rows), row_length
    ids, targets = np.full(shape, PAD_ID, np.int64), np.full(shape, PAD_ID, np.int64)
    weights, segments = np.zeros(shape, np.float32), np.zeros(shape, np.int64)
    positions = np.zeros(shape, np.int64)
    for row, documents in enumerate(rows):
        start = 0
        for number, (tokens, token_weights) in enumerate(documents, start=1):
            end = start + len(tokens)
            ids[row, start:end] = tokens
            targets[row, start : end - 1] = tokens[1:]
            weights[row, start : end - 1] = token_weights[1:]
            segments[row, start:end] = number
            positions[row, start:end] = np.arange(len(tokens))
            start = end
    return Batch(ids, targets, weights, segments, positions, tokens_by_task)
