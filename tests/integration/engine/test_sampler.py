from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from bot.generation.engine.sampler import NonFiniteLogitsError, Sampler, nucleus
from bot.generation.types import SamplingParams

DRAWS = 4000


def frequencies(params: SamplingParams, logits: torch.Tensor) -> dict[int, float]:
    sampler = Sampler(params)
    counts = Counter(sampler.choose(logits) for _ in range(DRAWS))
    return {token: count / DRAWS for token, count in counts.items()}


def test_temperature_zero_is_greedy():
    assert Sampler(SamplingParams(seed=1)).choose(torch.tensor([0.0, 3.0, 2.9])) == 1


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"),
    [(1.0, 0, 1.0), (0.5, 0, 1.0), (2.0, 3, 1.0), (1.0, 0, 0.7), (1.3, 5, 0.8)],
)
def test_draws_follow_the_distribution_that_transformers_would_draw_from(temperature, top_k, top_p):
    logits = torch.tensor([2.0, 1.0, 0.5, 0.0, -0.5, -1.0, 1.9, -3.0])
    scores = TemperatureLogitsWarper(temperature)(None, logits[None])
    if top_k:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p < 1:
        scores = TopPLogitsWarper(top_p)(None, scores)
    expected = scores.softmax(-1)[0]
    params = SamplingParams(temperature=temperature, top_k=top_k, top_p=top_p, seed=3)
    found = frequencies(params, logits)
    assert set(found) <= set(expected.nonzero().flatten().tolist())
    for token, probability in enumerate(expected.tolist()):
        assert (
            abs(found.get(token, 0.0) - probability)
            < 4 * (probability * (1 - probability) / DRAWS) ** 0.5 + 1e-9
        )


@given(st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=3000), st.floats(0.01, 0.999))
@settings(max_examples=80, deadline=None)
def test_the_nucleus_is_the_smallest_set_that_reaches_p(values, top_p):
    probabilities = torch.softmax(torch.tensor(values, dtype=torch.float64), -1)
    kept, indices = nucleus(probabilities, top_p)
    assert len(set(indices.tolist())) == len(kept) >= 1
    assert torch.equal(probabilities[indices], kept)
    assert float(kept[:-1].sum()) < top_p + 1e-12
    assert float(kept.sum()) >= min(top_p, 1.0) - 1e-9 or len(kept) == len(values)


def test_a_flat_distribution_over_a_large_vocabulary_has_a_large_nucleus():
    kept, _ = nucleus(torch.full((5000,), 1 / 5000, dtype=torch.float64), 0.9)
    assert len(kept) in (4500, 4501)


def test_a_seed_repeats_and_no_seed_does_not():
    logits = torch.zeros(1000)

    def draw(seed):
        sampler = Sampler(SamplingParams(temperature=1.0, seed=seed))
        return [sampler.choose(logits) for _ in range(20)]

    assert draw(7) == draw(7) != draw(8)
    assert draw(None) != draw(None)
    assert draw(-1) == draw(-1) and draw(2**70) == draw(2**70)


def test_the_repetition_penalty_counts_generated_tokens_only():
    sampler = Sampler(SamplingParams(repetition_penalty=2.0))
    logits = torch.tensor([4.0, 3.0, -1.0, -1.5])
    assert [sampler.choose(logits) for _ in range(3)] == [0, 1, 0]
    negative = Sampler(SamplingParams(repetition_penalty=2.0))
    assert [negative.choose(torch.tensor([-1.0, -1.5, -9.0])) for _ in range(2)] == [0, 1]
    assert torch.equal(logits, torch.tensor([4.0, 3.0, -1.0, -1.5]))


@pytest.mark.parametrize("bad", [[float("nan"), 1.0], [float("inf"), 0.0], [float("-inf")] * 2])
def test_broken_logits_are_refused(bad):
    with pytest.raises(NonFiniteLogitsError):
        Sampler(SamplingParams(temperature=1.0)).choose(torch.tensor(bad))


def test_forbidden_tokens_are_never_drawn():
    logits = torch.tensor([0.0, float("-inf"), 0.0])
    assert set(frequencies(SamplingParams(temperature=5.0, seed=1), logits)) == {0, 2}


def test_the_end_is_not_chosen_too_early() -> None:
    logits = torch.tensor([0.0, 1.0, 5.0])
    sampler = Sampler(SamplingParams(min_new_tokens=2), end_ids=(2,))
    assert [sampler.choose(logits) for _ in range(3)] == [1, 1, 2]
    assert Sampler(SamplingParams(), end_ids=(2,)).choose(logits) == 2
