"""Numbers as people write them."""

from __future__ import annotations

import pytest

from bot.conversation.text.counting import whole_number


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" 20,000 ", 20_000), ("0007", 7), ("50", 50)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "many", "²", "٣", "101", "9" * 5000])
def test_what_is_no_number_or_too_great_is_none(text: str) -> None:
    assert whole_number(text, 100) is None
