"""Stores that these tests opened are closed after each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support import close_stores


@pytest_asyncio.fixture(autouse=True)
async def closed_stores() -> AsyncIterator[None]:
    yield
    await close_stores()
