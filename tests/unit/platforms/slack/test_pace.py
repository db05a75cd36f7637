"""The pace of calls."""

from __future__ import annotations

import asyncio

from bot.platforms.slack.pace import Pace


async def test_a_burst_then_one_each_interval() -> None:
    pace = Pace(interval_s=0.05, burst=2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    took = []
    for _ in range(4):
        await pace.turn()
        took.append(loop.time() - began)
    assert took[1] < 0.05 and took[2] >= 0.045 and took[3] >= 0.095


async def test_waiting_callers_are_served_in_order() -> None:
    pace = Pace(interval_s=0.01, burst=1)
    served: list[int] = []

    async def call(number: int) -> None:
        await pace.turn()
        served.append(number)

    await asyncio.gather(*(call(number) for number in range(5)))
    assert served == [0, 1, 2, 3, 4]
