"""Quotations of many messages are found as they would be one by one."""

from __future__ import annotations

import random

import pytest

from bot.storage.quotations import Redaction
from bot.storage.quoting import Quotable, Quotations

TEXT = (
    "the harbour lights **went** out before seven wizards could [read] their tea_leaves. Nobody knows! "
    "which ship brings oranges tomorrow? 明日の朝に港で会いましょう。 maybe; perhaps (never) again… and so on"
)
WORDS = TEXT.split(" ")


def _texts(rng: random.Random) -> tuple[list[Quotable], str]:
    """Messages of a person, and an answer that quotes and cites some of them, whole and in parts."""
    messages = [
        Quotable(f"{number}.5", 1, " ".join(rng.choices(WORDS, k=rng.randint(1, 25)))) for number in range(6)
    ]
    parts = ["Ada said this:"]
    for message in rng.sample(messages, 3):
        begin = rng.choice((0, 0, rng.randrange(len(message.text))))
        end = rng.choice((len(message.text), rng.randint(begin, len(message.text))))
        parts.append(f"- {message.text[begin:end]} and {rng.choice(WORDS)}")
    cited = rng.choice(messages).message_id
    parts.append(rng.choice((f"It is settled. [1](https://x/archives/C1/p{cited.replace('.', '')}?a=b)", "")))
    return messages, "\n".join(parts)


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_missed_that_a_single_redaction_finds(seed: int) -> None:
    messages, answer = _texts(random.Random(seed))
    one_by_one = answer
    for message in messages:
        one_by_one = Redaction(message.message_id, message.text).of(one_by_one)
    found = Quotations(messages, ["Ada"]).taken_out(1, answer)
    named = "\n".join(
        line.replace("Ada", "[deleted]") if "[deleted]" in line else line for line in one_by_one.split("\n")
    )
    assert found == named


def test_other_channels_and_short_words_without_the_name_stay() -> None:
    said = [Quotable("m1", 1, "thank you so much"), Quotable("m2", 1, "the harbour lights went out at seven")]
    quotations = Quotations(said, ["Ada"])
    assert quotations.taken_out(1, "thank you so much") == "thank you so much"
    assert quotations.taken_out(1, "Ada: thank you so much") == "[deleted]: [deleted]"
    assert quotations.taken_out(2, said[1].text) == said[1].text
    assert quotations.taken_out(1, f"I heard: {said[1].text}.") == "I heard: [deleted]."
    assert quotations.taken_out(1, "See [here](https://x/1/m2).") == "[deleted]."
    assert Quotations(said, []).taken_out(1, "nothing of that") == "nothing of that"
