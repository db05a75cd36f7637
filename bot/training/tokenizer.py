"""The tokenizer of the bundled model: byte-level BPE, its special tokens and its chat template.

Knows the wire format of a conversation and nothing about files of training data, models or devices.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from bot.training.tokens import (
    ASSISTANT,
    ASSISTANT_ID,
    CHAT_TEMPLATE,
    END,
    END_ID,
    FIRST_TOKENS,
    MASKS,
    PAD,
    USER,
    USER_ID,
)

OPENING_TOKENS = 4


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a byte-level BPE vocabulary of at most `vocab_size` entries from `texts`.

    Byte-pair encoding: Sennrich, Haddow and Birch, 2016 (arXiv:1508.07909). Every byte is a token, so any
    text round-trips; digits stand alone. FIRST_TOKENS take the first ids, `<|pad|>` being 0.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(FIRST_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return with_visible_masks(tokenizer)


def with_visible_masks(tokenizer: Tokenizer) -> Tokenizer:
    """`tokenizer` with its masks as text that people may read and write, whatever they were called before.

    A special token is neither read in a text nor shown in an answer, but a mask must be both.
    """
    content = json.loads(tokenizer.to_str())
    old = {FIRST_TOKENS.index(mask): mask for mask in MASKS}
    for token in content["added_tokens"]:
        if token["id"] in old:
            token |= {"content": old[token["id"]], "special": False, "normalized": False}
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = {old.get(number, text): number for text, number in vocabulary.items()}
    return Tokenizer.from_str(json.dumps(content))


def wrap(tokenizer: Tokenizer, max_length: int) -> PreTrainedTokenizerFast:
    """The transformers form of `tokenizer`, with chat template; `max_length` in tokens."""
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[USER, ASSISTANT],
        chat_template=CHAT_TEMPLATE,
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
    )


class ConversationEncoder:
    """Turns conversations and plain text into token ids with a loss weight for every token."""

    def __init__(self, tokenizer: Tokenizer, prompt_weight: float) -> None:
        """`prompt_weight` is the loss weight of tokens that a user wrote; answers weigh 1."""
        self._tokenizer = tokenizer
        self._prompt_weight = prompt_weight

    def text(self, text: str) -> list[int]:
        """Token ids of `text` alone; special tokens written inside it are not recognised."""
        self._tokenizer.encode_special_tokens = True
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def document(self, text: str) -> tuple[list[int], list[float]]:
        """A plain document, ended by `<|end|>`; every token weighs 1."""
        ids = [*self.text(text), END_ID]
        return ids, [1.0] * len(ids)

    def conversation(
        self, messages: Iterable[dict[str, str]], opening_weight: float = 1.0
    ) -> tuple[list[int], list[float]]:
        """A conversation in the form of the chat template; what the assistant says weighs 1.

        The first tokens of an answer weigh `opening_weight`: they decide which answer it will be.
        """
        ids: list[int] = []
        weights: list[float] = []
        for role, content in _turns(messages):
            body = self.text(content)
            ids += [ASSISTANT_ID if role == "assistant" else USER_ID, *body, END_ID]
            if role == "assistant":
                opening = min(OPENING_TOKENS, len(body))
                weights += [0.0, *[opening_weight] * opening, *[1.0] * (len(body) - opening), 1.0]
            else:
                weights += [0.0, *[self._prompt_weight] * len(body), 0.0]
        return ids, weights


def _turns(messages: Iterable[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Role and content of every message but the system's, which the template drops."""
    for message in messages:
        if message["role"] != "system":
            yield message["role"], message["content"]


def special_tokens_map() -> dict[str, Any]:
    """What special_tokens_map.json holds, for readers that still look for it."""
    return {
        "eos_token": END,
        "pad_token": PAD,
        "additional_special_tokens": [USER, ASSISTANT],
    }
