"""The model card, the history of scores and the loss curve.

Knows how results are written down; nothing about how they are measured.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from bot.generation.pocket import write_manifest
from bot.training.data import LANGUAGES, read_corpus
from bot.training.decoding import Decoder
from bot.training.evaluate import SEED
from bot.training.held_out import read_questions
from bot.training.tokens import LANGUAGE_NAMES, translation_request

TEMPLATE = Path(__file__).parent / "card_template.md"
STORY_OPENINGS = (
    "Once upon a time",
    "It was a dark night",
    "The old man looked at the sea",
    "One day, a little girl",
)


def append_history(path: Path, folder: Path, scores: dict[str, Any]) -> None:
    """Add one entry to the JSON list in `path`; the missed questions stay out of it."""
    history = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    small_talk = {key: value for key, value in scores["small_talk"].items() if key != "missed"}
    description = json.loads((folder / "parley.json").read_text(encoding="utf-8"))
    entry = {
        "date": time.strftime("%Y-%m-%d"),
        "model": description["name"],
        "version": description["version"],
    }
    history.append({**entry, **scores, "small_talk": small_talk})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(history, indent=2) + "\n", encoding="utf-8")


def write_card(folder: Path, run: Path, data: Path, scores: dict[str, Any]) -> None:
    """Write README.md, loss.png and the manifest of the model in `folder`."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    plot_losses(rows, folder / "loss.png")
    last = [row for row in rows if row["kind"] == "train"][-1]
    decoder = Decoder(folder)
    text = TEMPLATE.read_text(encoding="utf-8")
    parts = {
        "PARAMETERS": f"{sum(p.numel() for p in decoder.model.parameters()) / 1e6:.1f}",
        "STEPS": str(last["step"]),
        "TOKENS": f"{last['tokens'] / 1e6:.1f}",
        "MINUTES": f"{last['seconds'] / 60:.0f}",
        "SCORES": _score_table(scores),
        "SAMPLES": _samples(decoder, data),
    }
    for name, value in parts.items():
        text = text.replace("{{" + name + "}}", value)
    (folder / "README.md").write_text(text, encoding="utf-8")
    write_manifest(folder)


def plot_losses(rows: list[dict[str, Any]], path: Path) -> None:
    """Training loss and held-out loss by task against tokens, as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), dpi=80)
    for kind, key in (
        ("train", "loss"), ("valid", "loss_translation"), ("valid", "loss_dialogue"), ("valid", "loss_text")
    ):  # fmt: skip
        points = [(row["tokens"] / 1e6, row[key]) for row in rows if row["kind"] == kind]
        axes.plot(*zip(*points, strict=True), label=f"{kind} {key}", linewidth=1)
    axes.set(xlabel="million tokens", ylabel="loss, nats a token", ylim=(0, 6))
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def _score_table(scores: dict[str, Any]) -> str:
    talk, unknown = scores["small_talk"], scores["unknown"]
    rows = [f"| small talk and the bot itself: accepted answers of {talk['questions']} | {talk['all']:.1%} |"]
    rows += [f"| - {LANGUAGE_NAMES[lang]} | {talk[lang]:.1%} |" for lang in LANGUAGES]
    rows += [f"| knowledge questions, honest no, of {unknown['questions']} | {unknown['admitted']:.1%} |"]
    rows += [f"| replies of 200 that loop or never end | {scores['looping_replies_of_200']} |"]
    rows += [f"| translations that keep their placeholders | {scores['placeholders_kept']:.1%} |"]
    rows += [f"| perplexity, {task} | {value} |" for task, value in scores["perplexity"].items()]
    rows += [
        f"| chrF++ {pair}, {row['sentences']:.0f} sentences (copying: {row['copy']}) | {row['chrf']} |"
        for pair, row in scores["translation"].items()
    ]
    return "\n".join(rows)


def _samples(decoder: Decoder, data: Path) -> str:
    """20 samples drawn by a fixed seed, shown as they come: 8 talks, 8 translations, 4 beginnings."""
    rng = random.Random(SEED + 1)
    _, valid = read_corpus(data)
    asked = [question.turns[0] for question in rng.sample(read_questions(), 6)]
    asked += [text for _, text in rng.sample(valid.questions, 2)]
    tatoeba = [pair for pair in valid.translations if pair.source == "tatoeba"]
    asked += [translation_request(p.text, p.target_language) for p in rng.sample(tatoeba, 8)]
    answers = decoder.chat([[{"role": "user", "content": text}] for text in asked], 80)
    lines = [f"- `{text!r}` → {answer.text}" for text, answer in zip(asked, answers, strict=True)]
    stories = decoder.complete(STORY_OPENINGS, 60, temperature=0.7, seed=SEED)
    lines += [
        f"- *{opening}* … {' '.join(story.text.split())}"
        for opening, story in zip(STORY_OPENINGS, stories, strict=True)
    ]
    return "\n".join(lines)
