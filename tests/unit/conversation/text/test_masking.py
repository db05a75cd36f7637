"""Masking: what must survive is taken out whole, and comes back once or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.text.masking import mask

KEPT = [
    "<@U1>",
    "<@!42>",
    "<#C1|general>",
    "<:party:123>",
    "<a:wave:9>",
    ":tada:",
    "https://example.org/a_(b)?q=1",
    "`rm -rf`",
    "```py\nprint(1)\n```",
    "@alice",
    "<!here>",
    "<https://example.org|site>",
    "⟦0⟧",
]


@given(
    st.lists(st.sampled_from([*KEPT, "Hello ", "world. ", "\n", " ", "a < b ", "`", "⟦", "⟧"])).map("".join)
)
def test_the_masked_text_and_its_pieces_restore_to_the_original(text: str) -> None:
    masked = mask(text)
    assert masked.restore(masked.text) == text
    assert "".join(piece for _, piece in masked.pieces()) == text


@pytest.mark.parametrize("kept", KEPT)
def test_each_kind_is_taken_out_whole(kept: str) -> None:
    masked = mask(f"Say {kept} now")
    assert masked.originals == (kept,)
    assert masked.text == "Say ⟦0⟧ now"


@pytest.mark.parametrize("translated", ["Dis maintenant", "⟦0⟧ ⟦0⟧", "⟦1⟧", "⟦0⟧ ⟦7⟧"])
def test_a_lost_doubled_or_invented_placeholder_is_noticed(translated: str) -> None:
    assert mask("Say :tada: now").restore(translated) is None


@pytest.mark.parametrize("text", ["5:30:45 o'clock", "me@example.org", "a < b > c", "C: drive", "3 * 4"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask(text).text == text
