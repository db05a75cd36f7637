"""Sentences a second through the translation model's worker, against `generate` one after another.

A Marian model of OPUS-MT's base shape (75 M parameters, random weights) and a tiny one, or a folder of your
own; greedy, the same sentences for both, all translations equally long, taken in turns so that a busy machine
is unfair to neither.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from bot.generation.catalog import choose_translation
from bot.generation.process import TRANSLATION_MODULE
from bot.generation.types import GenerationRequest, Prompt, SamplingParams
from bot.generation.worker import GenerationWorker

BASE_VOCABULARY = 59_514
WORDS = (
    "the",
    "fox",
    "river",
    "house",
    "green",
    "slow",
    "reads",
    "writes",
    "under",
    "over",
    "letters",
    "now",
)


def sentences(count: int) -> list[str]:
    """Sentences of 6 to 14 words."""
    return [
        " ".join(WORDS[(i * 7 + j * (i + 3)) % len(WORDS)] for j in range(6 + i % 9)) for i in range(count)
    ]


def make_marian(
    folder: Path, *, width: int = 512, layers: int = 6, vocabulary: int = BASE_VOCABULARY
) -> Path:
    """Write a Marian model from English into French with random weights; the defaults are opus-mt-en-fr's."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir()
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences(200)), model_writer=model, vocab_size=60, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    (folder / "source.spm").write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    known = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    words = list(dict.fromkeys(["</s>", "<unk>", *known]))
    words += [f"▁filler{i}" for i in range(vocabulary - len(words) - 1)] + ["<pad>"]
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    spm: Any = str(folder / "source.spm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = MarianTokenizer(spm, spm, str(folder / "vocab.json"), source_lang="en", target_lang="fr")
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=len(words), d_model=width, encoder_layers=layers, decoder_layers=layers,
        encoder_attention_heads=8, decoder_attention_heads=8, encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width, max_position_embeddings=512, pad_token_id=len(words) - 1, eos_token_id=0,
        decoder_start_token_id=len(words) - 1, forced_eos_token_id=None,
    )  # fmt: skip
    MarianMTModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class Generate:
    """The plain way: a model in this process, one `generate` after another."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder)

    def speed(self, texts: list[str], new_tokens: int) -> float:
        """Sentences a second."""
        started_s = time.perf_counter()
        for text in texts:
            inputs = self._tokenizer(text, return_tensors="pt")
            self._model.generate(
                **inputs, max_new_tokens=new_tokens, min_new_tokens=new_tokens, num_beams=1, do_sample=False
            )
        return len(texts) / (time.perf_counter() - started_s)


async def through_worker(worker: GenerationWorker, texts: list[str], new_tokens: int, at_once: int) -> float:
    """Sentences a second, `at_once` of them in work."""
    waiting = list(enumerate(texts))

    async def translate() -> None:
        while waiting:
            index, text = waiting.pop()
            prompt = Prompt(prefix=text, source_language="en", target_language="fr")
            sampling = SamplingParams(max_new_tokens=new_tokens, min_new_tokens=new_tokens)
            async for _ in worker.submit(GenerationRequest(f"{index}", prompt, sampling, "bench")):
                pass

    started_s = time.perf_counter()
    await asyncio.gather(*(translate() for _ in range(at_once)))
    return len(texts) / (time.perf_counter() - started_s)


def _peak_mib(pid: int | None) -> float:
    """The most memory that a process has had (VmHWM of proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


async def measure(folder: Path, rounds: int, count: int, new_tokens: int) -> dict[str, list[float]]:
    """Speeds by row of the table, one value a round, and the child's memory in MiB."""
    generate = await asyncio.to_thread(Generate, folder)
    worker = GenerationWorker(
        choose_translation(str(folder)), environment=dict(os.environ), max_batch=16, per_tenant_limit=64,
        engine_module=TRANSLATION_MODULE,
    )  # fmt: skip
    await worker.start()
    await worker.ready()
    texts = sentences(count)
    rows: dict[str, list[float]] = {}
    try:
        for _ in range(rounds + 1):  # the first round warms up
            rows.setdefault("generate, 1 after another", []).append(generate.speed(texts[:8], new_tokens))
            for at_once in (1, 4, 16):
                some = texts[: 8 if at_once == 1 else count]
                speed = await through_worker(worker, some, new_tokens, at_once)
                rows.setdefault(f"worker, {at_once} at once", []).append(speed)
        peak_mib = _peak_mib(worker.child_pid)
    finally:
        await worker.close()
    return {
        **{name: values[1:] for name, values in rows.items()},
        "MiB of the process, at most": [peak_mib],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a folder of a model from English into French")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=32)
    parser.add_argument("--new-tokens", type=int, default=24)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = [arguments.model] if arguments.model else [
            make_marian(Path(name) / "opus-mt-base-en-fr"),
            make_marian(Path(name) / "opus-mt-tiny-en-fr", width=64, layers=2, vocabulary=500),
        ]  # fmt: skip
        for folder in folders:
            rows = asyncio.run(measure(folder, arguments.rounds, arguments.sentences, arguments.new_tokens))
            print(f"{folder.name}: sentences a second, {arguments.new_tokens} new tokens each")
            for label, values in rows.items():
                print(f"  {label:<28} {max(values):7.1f}   ({', '.join(f'{value:.1f}' for value in values)})")


if __name__ == "__main__":
    main()
