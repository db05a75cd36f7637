"""The waiting line, fair by tenant. Pure: knows no request, no clock and no event loop."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First come, first served within a tenant; tenants take turns.

    The next turn goes to the tenant that has waited longest for one, so a tenant with fifty
    items delays another's first item by one item, not by fifty.
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[T]] = {}  # in the order of turns: the first key is next

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def waiting(self, tenant: str) -> int:
        """How many items of `tenant` are waiting."""
        return len(self._lines.get(tenant, ()))

    def push(self, tenant: str, item: T) -> None:
        """Add `item` at the end of its tenant's line; a new tenant joins the round at its end."""
        self._lines.setdefault(tenant, deque()).append(item)

    def pop(self) -> T | None:
        """Take the item whose turn it is, or None when nothing waits."""
        if not self._lines:
            return None
        tenant = next(iter(self._lines))
        line = self._lines.pop(tenant)
        item = line.popleft()
        if line:
            self._lines[tenant] = line
        return item

    def remove(self, tenant: str, item: T) -> bool:
        """Take `item` out, wherever it stands. False when it is not here."""
        line = self._lines.get(tenant)
        if line is None or item not in line:
            return False
        line.remove(item)
        if not line:
            del self._lines[tenant]
        return True

    def clear(self) -> list[T]:
        """Take everything out, in the order in which `pop` would have given it."""
        items: list[T] = []
        while (item := self.pop()) is not None:
            items.append(item)
        return items

    def position(self, tenant: str, item: T) -> int | None:
        """1 for the item that `pop` gives next, 2 for the one after it; None when it is not here."""
        line = self._lines.get(tenant)
        if line is None or item not in line:
            return None
        own = line.index(item)
        ahead = own
        is_before = True
        for other, others in self._lines.items():
            if other == tenant:
                is_before = False
                continue
            ahead += min(len(others), own + is_before)
        return ahead + 1
