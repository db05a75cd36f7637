"""Counting the cores that others leave free."""

from __future__ import annotations

import pytest

from bot.training.cores import FreeCores


@pytest.mark.parametrize(("others", "free"), [(0.0, 2), (0.3, 2), (0.5, 1), (1.0, 1), (2.0, 1), (-0.1, 2)])
def test_threads_follow_what_others_use(others: float, free: int) -> None:
    now = 0.0
    cores = FreeCores(2, busy=lambda: now * (others + 1.5), own=lambda: now * 1.5, clock=lambda: now)
    assert cores.count() == 2
    now = 2.0
    assert cores.count() == 2, "too short a window"
    now = 4.0
    assert cores.count() == free


def test_a_core_that_is_left_is_taken_again() -> None:
    now, busy = 0.0, 0.0
    cores = FreeCores(2, busy=lambda: busy, own=lambda: 0.0, clock=lambda: now)
    now, busy = 5.0, 10.0
    assert cores.count() == 1
    now = 10.0
    assert cores.count() == 2
