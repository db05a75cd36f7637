"""The tokenizer as the engine uses it: text to ids, ids to text, and which ids are control tokens.

It must not know prompts or models. Its methods may be called from several threads at once: the fast backend
is only read after construction, and the few tokenizers written in Python are behind a lock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

CONTROL_SHAPE = re.compile(r"<\|.*\|>|<[|｜].*[|｜]>|\[/?[A-Z_]+\]|<</?[A-Z]+>>|</?s>|<(start|end)_of_turn>")


def repair(text: str) -> str:
    """`text` that any tokenizer can take: surrogate pairs joined, lone surrogates turned into U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Codec:
    """Wraps one tokenizer; token counts and ids are those of the tokenizer's own defaults, without
    truncation."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, hidden: Collection[int] = ()) -> None:
        """`hidden` are ids that no text shows, on top of those that the tokenizer says are special."""
        self.tokenizer = tokenizer
        self._lock = threading.Lock()
        self._backend: Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
        if self._backend is not None:
            self._backend.no_truncation()
            self._backend.no_padding()
            self._backend.encode_special_tokens = False
        added = tokenizer.added_tokens_decoder
        self._special_ids = {i for i, token in added.items() if token.special} | set(
            tokenizer.all_special_ids
        )
        self._special_ids.update(hidden)
        template = str(tokenizer.chat_template or "")
        control = {
            i: token.content
            for i, token in added.items()
            if not token.content.isspace()
            and (
                i in self._special_ids or token.content in template or CONTROL_SHAPE.fullmatch(token.content)
            )
        }
        self.control_ids = frozenset(control) | self._special_ids
        self.control_strings = tuple(sorted({*control.values(), *tokenizer.all_special_tokens} - {""}))

    def encode(self, text: str, *, with_special: bool) -> list[int]:
        """Ids of `text`. `with_special` adds what the tokenizer itself puts around a text (such as BOS)."""
        text = repair(text)
        if self._backend is not None:
            return list(self._backend.encode(text, add_special_tokens=with_special).ids)
        with self._lock:
            return list(self.tokenizer.encode(text, add_special_tokens=with_special))

    def encode_target(self, text: str) -> list[int]:
        """Ids of `text` as the beginning of a translation, without special tokens around it."""
        if self._backend is not None or hasattr(self.tokenizer, "tgt_lang"):  # one vocabulary for both sides
            return self.encode(text, with_special=False)
        with self._lock:
            return list(self.tokenizer(text_target=repair(text), add_special_tokens=False)["input_ids"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, without special tokens around it."""
        if self._backend is None:
            return [len(self.encode(text, with_special=False)) for text in texts]
        encodings = self._backend.encode_batch([repair(text) for text in texts], add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`, special tokens left out, as the tokenizer's own `decode` gives it."""
        if self._backend is not None:
            return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))
        with self._lock:
            return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def is_visible(self, token_id: int) -> bool:
        """Whether `decode` shows this id at all: special ids and ids beyond the vocabulary are not shown."""
        if token_id in self._special_ids:
            return False
        return self._backend is None or self._backend.id_to_token(token_id) is not None

    @property
    def start_ids(self) -> list[int]:
        """What stands for an empty prompt: the BOS token, else the EOS token, else nothing."""
        for token_id in (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id):
            if isinstance(token_id, int):
                return [token_id]
        return []
