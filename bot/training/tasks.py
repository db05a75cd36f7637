"""Joins the data, the small talk and the tokenizer into the streams that a run draws from.

The one place that knows both text and tokens; nothing about models, optimisers or devices.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from bot.training.data import Corpus, SentencePair, read_corpus
from bot.training.dialogue import DialogueMaker, DialogueShares, DialogueSources
from bot.training.grammar import Intent, read_intents, read_names
from bot.training.packing import Batch, Packer, Shuffled, TextWindows, Tokens, pack_all
from bot.training.placeholders import with_placeholders
from bot.training.presets import Preset
from bot.training.tokenizer import ConversationEncoder, train_tokenizer, with_visible_masks
from bot.training.tokens import translation_request

TOKENIZER_SAMPLE = 160_000
"""Sentence pairs that the tokenizer learns from."""


@dataclass(frozen=True)
class Streams:
    """All that a run needs to read: an endless packer, held-out batches by task, and the tokenizer."""

    packer: Packer
    valid: dict[str, list[Batch]]
    tokenizer: Tokenizer


def open_streams(data: Path, tokenizer_path: Path, preset: Preset) -> Streams:
    """Read `data`, load the tokenizer (training it first where the file is missing), and open the streams."""
    train, valid = read_corpus(data)
    intents = read_intents()
    if not tokenizer_path.exists():
        tokenizer_path.parent.mkdir(parents=True, exist_ok=True)
        texts = tokenizer_texts(train, dialogue_maker(train, intents, preset.seed), preset.seed)
        train_tokenizer(texts, preset.vocab_size).save(str(tokenizer_path))
    tokenizer = with_visible_masks(Tokenizer.from_file(str(tokenizer_path)))
    encoder = ConversationEncoder(tokenizer, preset.prompt_weight)
    packer = Packer(
        tasks=_tasks(train, intents, encoder, preset.seed, preset.opening_weight),
        text=TextWindows(encoder.text, [text for _, text in train.texts], preset.seed),
        shares=preset.shares,
        rows=preset.rows,
        row_length=preset.row_length,
    )
    return Streams(packer, valid_batches(valid, intents, encoder, preset), tokenizer)


def dialogue_maker(corpus: Corpus, intents: list[Intent], seed: int) -> DialogueMaker:
    """Small talk made of our intents and of what `corpus` offers."""
    sources = DialogueSources(intents, corpus.questions, corpus.remarks, corpus.small_talk, read_names())
    return DialogueMaker(sources, DialogueShares(), seed)


def tokenizer_texts(corpus: Corpus, maker: DialogueMaker, seed: int) -> Iterator[str]:
    """A sample of all tasks for the tokenizer, about in the proportions of training."""
    rng = random.Random(f"{seed}:tokenizer")
    for pair in rng.sample(corpus.translations, min(TOKENIZER_SAMPLE, len(corpus.translations))):
        yield pair.text
        yield pair.translation
    for index in range(TOKENIZER_SAMPLE // 16):
        yield from (message["content"] for message in maker.conversation(index))
    texts = [text for _, text in corpus.texts]
    yield from rng.sample(texts, min(TOKENIZER_SAMPLE // 32, len(texts)))


def _tasks(
    corpus: Corpus,
    intents: list[Intent],
    encoder: ConversationEncoder,
    seed: int,
    opening_weight: float = 1.0,
) -> dict[str, Callable[[int], Tokens]]:
    order = Shuffled(len(corpus.translations), f"{seed}:translation")
    maker = dialogue_maker(corpus, intents, seed)
    return {
        "translation": lambda index: encode_pair(
            encoder, with_placeholders(corpus.translations[order(index)], f"{seed}:{index}")
        ),
        "dialogue": lambda index: encoder.conversation(maker.conversation(index), opening_weight),
    }


def encode_pair(encoder: ConversationEncoder, pair: SentencePair) -> Tokens:
    """A translation request and its answer."""
    request = translation_request(pair.text, pair.target_language)
    return encoder.conversation(
        [{"role": "user", "content": request}, {"role": "assistant", "content": pair.translation}]
    )


def valid_batches(
    corpus: Corpus, intents: list[Intent], encoder: ConversationEncoder, preset: Preset
) -> dict[str, list[Batch]]:
    """Held-out documents by task, packed in the shape of training batches."""
    tasks = _tasks(corpus, intents, encoder, preset.seed + 1)
    windows = TextWindows(encoder.text, [text for _, text in corpus.texts], preset.seed)
    documents = {
        task: [document(index) for index in range(preset.valid_documents)] for task, document in tasks.items()
    }
    documents["text"] = [windows.window(index, preset.row_length) for index in range(preset.rows)]
    return {
        task: list(pack_all(docs, preset.row_length).split(preset.rows)) for task, docs in documents.items()
    }
