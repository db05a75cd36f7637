"""Trains the model that chooses what to quote (`bot/conversation/text/selector.py`), and writes its weights.

Two steps. The perceptron learns from each span of each document whether the greedy extract has it (the one
that raises ROUGE-1 + -2 + -L against the summary most), and its own ROUGE. The wished length is a ridge
regression on the length at which the model's own order of spans scores best. Sources weigh by a root of
their size. Held-out records are never read.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bot.conversation.text import choosing
from bot.conversation.text.features import features, scene
from bot.conversation.text.graph import links, vectors
from bot.conversation.text.selector import LIMIT, OUTLOOK, UNIT, Selector
from bot.conversation.text.units import Unit, units
from bot.messages import Turn
from bot.training.rouge import rouge_of_tokens, tokens
from bot.training.summary_records import HELD_OUT_EVERY, SummaryRecord, read_records

MAX_SPANS = 200
MAX_ORACLE = 8
ORACLE_CANDIDATES = 20
VOCABULARY = 700
MIN_DOCUMENTS = 8
WORD_SIZE, HIDDEN, OUTPUTS = 4, 32, 5
DROPOUT, DECAY, RATE = 0.1, 0.02, 4e-3
EPOCHS, BATCH = 14, 64
EVEN = 400
"""A source of so many records has weight 1; larger ones weigh less, smaller ones more."""
LENGTHS_FROM = 1200
"""At most so many records of each source teach the wished length."""
RIDGE = 30.0
TEMPERATURE = 0.03
"""How sharply the best length outweighs others that score nearly as well (sum of three ROUGE F1)."""
Array = NDArray[np.float64]


@dataclass(slots=True)
class Example:
    """One record, ready to learn from: features, words and targets of each span."""

    record: SummaryRecord
    rows: Tensor
    words: list[tuple[str, ...]]
    targets: Tensor
    weight: float = 1.0


def shown(turns: Sequence[Turn], span: Unit) -> str:
    """A span as an extract shows it."""
    author = turns[span.turn].author
    return f"{author.name}: {span.text}" if author else span.text


# --- what is learnt from ---------------------------------------------------------------------


def example(record: SummaryRecord) -> Example | None:
    """None where the document has no words."""
    turns, spans = record.turns, units(record.turns)[:MAX_SPANS]
    if not spans or not record.summary.strip():
        return None
    view = scene(turns, spans, record.about)
    similar = links(vectors([span.words for span in spans], view.frequencies, len(spans)))
    rows = torch.tensor(features(view, range(len(spans)), similar))
    texts = [tokens(shown(turns, span)) for span in spans]
    return Example(record, rows, [span.tokens for span in spans], _targets(texts, tokens(record.summary)))


def _targets(texts: Sequence[Sequence[str]], reference: Sequence[str]) -> Tensor:
    """(spans, OUTPUTS): chosen by the greedy extract, three times the mean ROUGE F1 alone, the shares of
    words and of pairs that the summary has, a third of the logarithm of the summary's words."""
    alone = [sum(rouge_of_tokens(text, reference)) for text in texts]
    best = set(greedy_extract(texts, reference, alone))
    length = math.log(len(reference) + 1) / 3
    return torch.tensor(
        [[float(at in best), alone[at], *_shares(text, reference), length] for at, text in enumerate(texts)]
    )


def _shares(text: Sequence[str], reference: Sequence[str]) -> tuple[float, float]:
    words = Counter(text) & Counter(reference)
    pairs = Counter(pairwise(text)) & Counter(pairwise(reference))
    return words.total() / max(len(text), 1), pairs.total() / max(len(text), 1)


def greedy_extract(
    texts: Sequence[Sequence[str]], reference: Sequence[str], alone: Sequence[float]
) -> list[int]:
    """Places of the texts that, added one by one, raise the sum of the three ROUGE F1 most."""
    candidates = sorted(range(len(texts)), key=lambda at: -alone[at])[:ORACLE_CANDIDATES]
    found: list[int] = []
    best = 0.0
    while len(found) < MAX_ORACLE:
        gains = {
            at: sum(rouge_of_tokens(_put_together(texts, [*found, at]), reference))
            for at in candidates
            if at not in found
        }
        top = max(gains, key=lambda at: gains[at], default=None)
        if top is None or gains[top] <= best + 1e-9:
            break
        best = gains[top]
        found.append(top)
    return found


def _put_together(texts: Sequence[Sequence[str]], places: Iterable[int]) -> list[str]:
    return [word for at in sorted(places) for word in texts[at]]


def _vocabulary(examples: Sequence[Example], sizes: Counter[str]) -> list[str]:
    """The words that most documents have, every source counting the same."""
    documents: dict[str, Counter[str]] = defaultdict(Counter)
    for item in examples:
        documents[item.record.source].update({word for words in item.words for word in words})
    shares: Counter[str] = Counter()
    for source, counts in documents.items():
        for word, count in counts.items():
            if count >= MIN_DOCUMENTS:
                shares[word] += count / sizes[source]  # type: ignore[assignment]  # a share, not a count
    return sorted(shares, key=lambda word: (-shares[word], word))[:VOCABULARY]


# --- the perceptron --------------------------------------------------------------------------


class Network(nn.Module):
    """`Selector.judge` for many spans at once."""

    def __init__(self, features: int, vocabulary: int) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(vocabulary + 1, WORD_SIZE, mode="mean", padding_idx=vocabulary)
        nn.init.normal_(self.words.weight, std=0.3)
        self.hidden = nn.Linear(features + WORD_SIZE, HIDDEN)
        self.output = nn.Linear(HIDDEN, OUTPUTS)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, rows: Tensor, ids: Tensor, offsets: Tensor) -> Tensor:
        """(spans, features), all word ids, where each span's begin -> (spans, OUTPUTS)."""
        values = torch.cat([rows, self.words(ids, offsets)], 1)
        return self.output(self.dropout(torch.tanh(self.hidden(values))))  # type: ignore[no-any-return]


def _loss(out: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    chosen = nn.functional.binary_cross_entropy_with_logits(out[:, 0], targets[:, 0], reduction="none")
    shares = ((out[:, 1:4] - targets[:, 1:4]) ** 2).sum(1)
    each = chosen + 3 * shares + (out[:, 4] - targets[:, 4]) ** 2
    return (each * weights).sum() / weights.sum()


def _ids(examples: Sequence[Example], places: dict[str, int]) -> tuple[Tensor, Tensor]:
    ids: list[int] = []
    offsets: list[int] = []
    for item in examples:
        for words in item.words:
            offsets.append(len(ids))
            ids += [places[word] for word in words if word in places] or [len(places)]
    return torch.tensor(ids), torch.tensor(offsets)


def _fit(examples: Sequence[Example], vocabulary: Sequence[str], seed: int) -> Network:
    torch.manual_seed(seed)
    network = Network(examples[0].rows.shape[1], len(vocabulary))
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    places = {word: at for at, word in enumerate(vocabulary)}
    steps = EPOCHS * (len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / max(steps, 1), 0.003))
    for epoch in range(EPOCHS):
        losses = []
        shuffled = torch.randperm(len(examples)).tolist()
        for begin in range(0, len(shuffled) - BATCH + 1, BATCH):
            batch = [examples[at] for at in shuffled[begin : begin + BATCH]]
            out = network(torch.cat([item.rows for item in batch]), *_ids(batch, places))
            weights = torch.cat(
                [torch.full((len(item.words),), item.weight / len(item.words) ** 0.5) for item in batch]
            )
            loss = _loss(out, torch.cat([item.targets for item in batch]), weights)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.4f}", flush=True)
    return network.eval()


# --- the length ------------------------------------------------------------------------------


def _best_length(record: SummaryRecord, selector: Selector) -> tuple[list[float], float] | None:
    """What the length is read from, and the logarithm of the length at which the extract scores best."""
    reading = choosing.read(record.turns, record.about, selector)
    if not reading.spans:
        return None
    reference, texts = tokens(record.summary), [tokens(shown(record.turns, span)) for span in reading.spans]
    ordered = choosing.order(reading, choosing.MAX_WISHED)
    scores = [
        sum(rouge_of_tokens(_put_together(texts, ordered[: count + 1]), reference))
        for count in range(len(ordered))
    ]
    lengths = np.cumsum([choosing.size(record.turns, reading.spans[at]) for at in ordered])
    weights = np.exp((np.array(scores) - max(scores)) / TEMPERATURE)
    return reading.outlook, float((weights * np.log(lengths)).sum() / weights.sum())


def _fit_length(examples: Sequence[Example], selector: Selector) -> list[float]:
    """Weights of `outlook`, by ridge regression."""
    seen: Counter[str] = Counter()
    rows, targets, weights = [], [], []
    for item in examples:
        seen[item.record.source] += 1
        if seen[item.record.source] > LENGTHS_FROM or not (found := _best_length(item.record, selector)):
            continue
        rows.append(found[0])
        targets.append(found[1])
        weights.append(item.weight)
    return _ridge(np.array(rows), np.array(targets), np.array(weights))


def _ridge(rows: Array, targets: Array, weights: Array) -> list[float]:
    """Weights of the columns, the first of which is all ones; penalised as if columns had deviation 1."""
    means, deviations = rows.mean(0), rows.std(0) + 1e-6
    means[0], deviations[0] = 0.0, 1.0
    scaled = (rows - means) / deviations
    penalty = RIDGE * np.eye(rows.shape[1])
    penalty[0, 0] = 0.0
    solved = np.linalg.solve(scaled.T @ (scaled * weights[:, None]) + penalty, scaled.T @ (targets * weights))
    found = solved / deviations
    found[0] -= (found * means).sum()
    return [float(value) for value in found]


# --- all together ----------------------------------------------------------------------------


def train(data: Path, out: Path, seed: int = 0, left_out: Sequence[int] = ()) -> None:
    """Learn from `data` (folder with summary-en.jsonl.xz) and write the weights to `out`.

    `left_out`: more places within HELD_OUT_EVERY records that are not learnt from, to choose settings on.
    """
    examples = [item for record in _records(data, left_out) if (item := example(record))]
    sizes = Counter(item.record.source for item in examples)
    for item in examples:
        item.weight = (EVEN / sizes[item.record.source]) ** 0.5
    vocabulary = _vocabulary(examples, sizes)
    everything = torch.cat([item.rows for item in examples])
    means, deviations = everything.mean(0), everything.std(0) + 1e-3
    for item in examples:
        item.rows = ((item.rows - means) / deviations).clamp(-LIMIT, LIMIT)
    network = _fit(examples, vocabulary, seed)
    fields = _fields(network, vocabulary, means, deviations)
    fields["length"] = [0] * OUTLOOK
    fields["length"] = _whole(torch.tensor(_fit_length(examples, Selector.from_dict(fields))))
    out.write_text(json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _records(data: Path, left_out: Sequence[int]) -> Iterable[SummaryRecord]:
    for record in read_records(data / "summary-en.jsonl.xz"):
        if not record.is_held_out and record.number % HELD_OUT_EVERY not in left_out:
            yield record


def _fields(network: Network, vocabulary: Sequence[str], means: Tensor, deviations: Tensor) -> dict[str, Any]:
    return {
        "means": _whole(means),
        "deviations": _whole(deviations),
        "words": dict(zip(vocabulary, _whole(network.words.weight[:-1]), strict=True)),
        "hidden": _whole(network.hidden.weight),
        "hidden_bias": _whole(network.hidden.bias),
        "output": _whole(network.output.weight),
        "output_bias": _whole(network.output.bias),
    }


def _whole(values: Tensor) -> Any:  # noqa: ANN401  # a list as deep as the tensor
    """Thousandths, as lists."""
    return (values.detach().double() * UNIT).round().long().tolist()
