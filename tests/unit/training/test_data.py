"""Reading the data: the split, and what may not be in both halves."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

from bot.training.data import CHAT_FILES, TEXT_FILES, TRANSLATION_FILES, read_corpus


def write(path: Path, records: list[dict[str, Any]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def pair(index: int, en: str, fr: str) -> dict[str, Any]:
    return {"task": "translation", "source": "tatoeba", "text": {"en": en, "fr": fr, "ja": str(index)}}


def question(text: str, source: str = "ni-898") -> dict[str, Any]:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "Fine."}]
    return {"task": "chat", "lang": "en", "source": source, "messages": messages}


def make(folder: Path) -> Path:
    pairs = [pair(n, f"I see {n} cats.", f"Je vois {n} chats.") for n in range(100)]
    pairs[7] = pair(7, "i see 0 cats", "Je regarde des chats.")
    pairs[8] = pair(8, "x" * 300, "court")
    texts = [{"task": "text", "lang": "en", "source": "storybooks", "text": f"Story {n}."} for n in range(60)]
    write(folder / TRANSLATION_FILES[0], pairs)
    write(folder / CHAT_FILES[0], [question(f"Who is {n}?") for n in range(60)])
    write(folder / TEXT_FILES[0], texts)
    write(folder / TRANSLATION_FILES[1], [])
    write(folder / CHAT_FILES[1], [question("Who is 0?"), question("nice day", "personality-chat")])
    write(folder / TEXT_FILES[1], [])
    return folder


def test_every_50th_record_is_held_out_in_both_directions(tmp_path: Path) -> None:
    _, valid = read_corpus(make(tmp_path))
    assert {(p.source_language, p.text) for p in valid.translations} == {
        ("en", "I see 0 cats."),
        ("fr", "Je vois 0 chats."),
        ("en", "I see 50 cats."),
        ("fr", "Je vois 50 chats."),
    }


def test_training_repeats_nothing_that_is_held_out(tmp_path: Path) -> None:
    train, _ = read_corpus(make(tmp_path))
    assert "i see 0 cats" not in {p.text for p in train.translations}
    assert len(train.translations) == 2 * (100 - 2 - 1 - 1)
    assert ("en", "Who is 0?") not in train.questions
    assert ("en", "Who is 1?") in train.questions


def test_small_talk_texts_and_remarks_find_their_places(tmp_path: Path) -> None:
    train, valid = read_corpus(make(tmp_path))
    assert train.small_talk == [("nice day", "Fine.")]
    assert ("en", "I see 1 cats.") in train.remarks
    assert ("fr", "Je vois 1 chats.") in train.remarks
    assert [text for _, text in valid.texts] == ["Story 0.", "Story 50."]
    assert len(train.texts) > len({text for _, text in train.texts}) == 58
