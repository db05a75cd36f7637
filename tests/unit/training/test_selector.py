"""The selector's training on a few records: what is held out is left out, and the weights can be used."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from bot.conversation.text.choosing import read
from bot.conversation.text.selector import Selector
from bot.training.rouge import tokens
from bot.training.selector import greedy_extract, train
from bot.training.summary_records import HELD_OUT_EVERY, as_turns, read_records

HELD_OUT = Path(__file__).parents[3] / "benchmarks" / "data" / "summaries-held-out.jsonl.xz"


def test_all_that_the_benchmark_reads_is_held_out() -> None:
    records = list(read_records(HELD_OUT))
    assert len(records) > 900 and all(record.is_held_out for record in records)


@pytest.mark.slow
def test_trained_weights_know_where_to_look(tmp_path: Path) -> None:
    with lzma.open(tmp_path / "summary-en.jsonl.xz", "wt", encoding="utf-8") as file:
        for number in range(200):
            lines = [f"Ana: what about {number + at} things" for at in range(4)]
            key = f"Bo: We decided on plan {number} with budget {number * 7}"
            lines.insert(number % 5, key)
            fields = {"source": "made", "style": "chat", "document": "\n".join(lines), "summary": key}
            file.write(json.dumps(fields) + "\n")
    train(tmp_path, tmp_path / "selector.json")
    selector = Selector.from_dict(json.loads((tmp_path / "selector.json").read_text(encoding="utf-8")))
    assert set(selector.words) >= {"decided", "plan"}
    for record in read_records(tmp_path / "summary-en.jsonl.xz"):
        if record.number in (HELD_OUT_EVERY, 3 * HELD_OUT_EVERY):
            reading = read(record.turns, "", selector)
            best = max(range(len(reading.spans)), key=lambda at: reading.scores[at])
            assert "decided" in reading.spans[best].text


def test_the_greedy_extract_takes_what_adds_most_and_stops() -> None:
    texts = [tokens(text) for text in ("the cat sat", "noise and noise", "on the mat", "the cat")]
    reference = tokens("the cat sat on the mat")
    assert sorted(greedy_extract(texts, reference, [2.0, 0.0, 1.5, 1.0])) == [0, 2]


def test_mails_and_chats_become_messages_with_authors() -> None:
    mail = 'Name: "Ana Bo" Email: "a@b.org" To: x@y.org Subject: "Plan" CC:z@y.org Hi, I agree.'
    turn = as_turns(mail, "email thread")[0]
    assert turn.author is not None and turn.author.name == "Ana Bo" and turn.text == "Hi, I agree."
    assert [turn.text for turn in as_turns("Ana: yes: sure\n\nBo: ok", "chat")] == ["yes: sure", "ok"]
    assert as_turns("Note: a paragraph", "article")[0].author is None
