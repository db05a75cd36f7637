"""Reads the training data: what is taken from each source, and the split into training and validation.

Knows the JSON Lines files and their fields; nothing about tokens, packing, models or devices.
Every 50th record of a file is held out. A training record is dropped where it repeats a held-out sentence.
"""

from __future__ import annotations

import json
import lzma
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOLD_OUT_EVERY = 50
LANGUAGES = ("en", "es", "fr", "de")

CHAT_FILES = ("chat-en.jsonl.xz", "chat-multi.jsonl.xz")
TRANSLATION_FILES = ("translation-1.jsonl.xz", "translation-2.jsonl.xz")
TEXT_FILES = ("text-en-1.jsonl.xz", "text-en-2.jsonl.xz")

QUESTION_SOURCES = ("ni-898", "ni-582", "dolly", "ni-080", "oasst1", "ni-820", "ni-835", "self-instruct-seed")
TEXT_REPEATS = {"storybooks": 6, "onestopenglish": 2, "classic-books": 1, "common-voice": 1}
TRANSLATION_SOURCES = ("tatoeba", "bcontrast", "storybooks", "tldr-pages", "tico19", "xquad")
REMARK_OPENINGS = {
    "en": ("I ", "I'm ", "My ", "We "),
    "es": ("Yo ", "Me ", "Mi ", "Estoy ", "Tengo "),
    "fr": ("Je ", "J'", "Mon ", "Ma ", "Nous "),
    "de": ("Ich ", "Mein ", "Meine ", "Wir "),
}
CHARACTERS_PER_SIDE = 160
CHARACTERS_PER_QUESTION = 160


@dataclass(frozen=True)
class SentencePair:
    """One sentence in two languages; `source` names the data set."""

    source_language: str
    target_language: str
    text: str
    translation: str
    source: str


@dataclass
class Corpus:
    """What one split offers, as plain text."""

    translations: list[SentencePair] = field(default_factory=list)
    questions: list[tuple[str, str]] = field(default_factory=list)
    """Language and text of questions that need knowledge."""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    """Language and text of short sentences that ask nothing."""
    small_talk: list[tuple[str, str]] = field(default_factory=list)
    """Question and answer pairs of the small-talk data set, in English."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Source and text of plain English documents."""


def read_corpus(folder: Path) -> tuple[Corpus, Corpus]:
    """The training and the validation split of the data in `folder`.

    Raises FileNotFoundError where a file is missing.
    """
    splits = Corpus(), Corpus()
    for name in TRANSLATION_FILES:
        for record, is_held_out in _records(folder / name):
            _add_translation(record, splits[is_held_out])
    for name in CHAT_FILES:
        for record, is_held_out in _records(folder / name):
            _add_chat(record, splits[is_held_out])
    for name in TEXT_FILES:
        for record, is_held_out in _records(folder / name):
            _add_text(record, splits[is_held_out], is_held_out)
    train, valid = splits
    _drop_repeats(train, valid)
    for corpus in splits:
        corpus.remarks = list(_remarks(corpus))
    return train, valid


def normalise(text: str) -> str:
    """Letters and digits of `text` in lower case: equal for two spellings of one sentence."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())


def _records(path: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every record of a file, and whether it is held out."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            yield json.loads(line), index % HOLD_OUT_EVERY == 0


def _add_translation(record: dict[str, Any], corpus: Corpus) -> None:
    """Both directions of every pair of our languages that is short and on one line."""
    texts = {lang: record["text"][lang] for lang in LANGUAGES if lang in record["text"]}
    if record["source"] not in TRANSLATION_SOURCES:
        return
    if any(len(text) > CHARACTERS_PER_SIDE or "\n" in text for text in texts.values()):
        return
    if record["source"] == "xquad":
        corpus.questions += [(language, text) for language, text in texts.items() if language != "en"]
    for source, text in texts.items():
        for target, translation in texts.items():
            if source != target:
                corpus.translations.append(SentencePair(source, target, text, translation, record["source"]))


def _add_chat(record: dict[str, Any], corpus: Corpus) -> None:
    first = record["messages"][0]["content"]
    if record["source"] == "personality-chat":
        corpus.small_talk.append((first, record["messages"][1]["content"]))
    elif record["source"] in QUESTION_SOURCES and "\n" not in first and len(first) <= CHARACTERS_PER_QUESTION:
        corpus.questions.append((record["lang"], first))


def _add_text(record: dict[str, Any], corpus: Corpus, is_held_out: bool) -> None:
    if record["lang"] != "en" or record["source"] not in TEXT_REPEATS:
        return
    repeats = 1 if is_held_out else TEXT_REPEATS[record["source"]]
    texts = record["text"].split("\n") if record["source"] == "common-voice" else [record["text"]]
    corpus.texts += [(record["source"], text) for text in texts for _ in range(repeats)]


def _drop_repeats(train: Corpus, valid: Corpus) -> None:
    """Remove from `train` whatever shares a sentence or a question with `valid`."""
    held_out = {normalise(text) for pair in valid.translations for text in (pair.text, pair.translation)}
    train.translations = [
        pair
        for pair in train.translations
        if normalise(pair.text) not in held_out and normalise(pair.translation) not in held_out
    ]
    asked = {normalise(text) for _, text in valid.questions}
    train.questions = [row for row in train.questions if normalise(row[1]) not in asked]
    talked = {normalise(question) for question, _ in valid.small_talk}
    train.small_talk = [row for row in train.small_talk if normalise(row[0]) not in talked]


def _remarks(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """Short statements in the first person, in any of our languages, from the translation data."""
    seen: set[str] = set()
    for pair in corpus.translations:
        text = pair.text
        if pair.source != "tatoeba" or not text.startswith(REMARK_OPENINGS[pair.source_language]):
            continue
        if len(text) <= 60 and text.endswith((".", "!")) and text not in seen:
            seen.add(text)
            yield pair.source_language, text
