"""The fair queue: tenants take turns, and `position` tells the truth about the order of `pop`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.generation.queue import FairQueue


def filled(tenants: list[str]) -> FairQueue[tuple[str, int]]:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for number, tenant in enumerate(tenants):
        queue.push(tenant, (tenant, number))
    return queue


def test_one_tenants_fifty_delay_anothers_first_by_one():
    queue = filled(["greedy"] * 50)
    queue.push("modest", ("modest", 50))
    assert queue.position("modest", ("modest", 50)) == 2
    order = queue.clear()
    assert order.index(("modest", 50)) == 1


def test_tenants_take_turns():
    assert [tenant for tenant, _ in filled(list("aaabbc")).clear()] == list("abcaba")


def test_an_empty_queue():
    queue: FairQueue[str] = FairQueue()
    assert queue.pop() is None
    assert queue.position("a", "x") is None
    assert not queue.remove("a", "x")


TENANTS = st.lists(st.sampled_from("abcd"), max_size=30)


@given(TENANTS, st.integers(0, 10))
def test_position_is_the_number_of_pops_until_the_item_comes(tenants, pops):
    queue = filled(tenants)
    for _ in range(pops):
        queue.pop()
    items = [(t, n) for n, t in enumerate(tenants)]
    told = {item: position for item in items if (position := queue.position(item[0], item)) is not None}
    order = queue.clear()
    assert told == {item: place for place, item in enumerate(order, 1)}


@given(TENANTS, st.data())
def test_nothing_is_lost_and_each_tenant_keeps_its_order(tenants, data):
    queue = filled(tenants)
    items = [(t, n) for n, t in enumerate(tenants)]
    removed = data.draw(st.sets(st.sampled_from(items))) if items else set()
    assert all(queue.remove(item[0], item) for item in removed)
    assert len(queue) == len(items) - len(removed)
    order = queue.clear()
    assert sorted(order) == sorted(set(items) - removed)
    for tenant in set(tenants):
        own = [number for t, number in order if t == tenant]
        assert own == sorted(own)
    assert len(queue) == 0
