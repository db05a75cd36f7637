"""How a translation model is told the languages: which ones it knows, and what stands around a text.

Three ways cover the models of transformers: tokens for source and target (M2M100, NLLB, mBART), a token in
front of the text (Marian with several targets, MADLAD-400), and words in front of it (T5). A Marian model of
one pair is told nothing. It must not know requests or weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from bot.errors import GenerationError, ModelLoadError
from bot.generation.engine.language_codes import (
    ENGLISH_NAMES,
    all_pairs,
    iso_code,
    language_tokens,
    languages_named,
    pair_in_name,
)

Pair = tuple[str, str]
TOLD_IN_WORDS = ("t5", "mt5", "umt5", "longt5", "switch_transformers")


@dataclass(frozen=True, slots=True)
class Frame:
    """What one pair of languages puts around the text. `around` are ids before and after it, None for those
    that the tokenizer itself adds; `start` are the ids that its translation begins with."""

    words: str = ""
    around: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    start: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """One model's languages (ISO 639-1) and their frames.

    `pairs` None means any two of `languages`. `sources` and `starts` are ids by language, `words` stand by
    pair or, where the source does not matter, by target. `default_source` stands for an unknown source.
    """

    languages: tuple[str, ...]
    pairs: tuple[Pair, ...] | None = None
    sources: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    starts: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[Pair | str, str] = field(default_factory=dict)
    default_source: str = ""

    def frame(self, source: str, target: str) -> Frame:
        """What to put around a text in `source` ("" where it is not known) that is wanted in `target`. Raises
        GenerationError for a pair that the model cannot do."""
        source, target = iso_code(source) or source, iso_code(target) or target
        if not self._knows(source, target):
            raise GenerationError(
                f"the translation model does not translate from {source or 'anything'} into {target}",
                f"My translation model cannot translate {_asked(source, target)}.",
            )
        source = source or self._likely_source(target)
        return Frame(
            words=self.words.get((source, target)) or self.words.get(target, ""),
            around=self.sources.get(source),
            start=(self.starts[target],) if target in self.starts else (),
        )

    def _knows(self, source: str, target: str) -> bool:
        if self.pairs is not None:
            return any(target == into and source in ("", known) for known, into in self.pairs)
        return target in self.languages and source in ("", *self.languages)

    def _likely_source(self, target: str) -> str:
        if self.pairs is not None:
            return next(source for source, into in self.pairs if into == target)
        return self.default_source


def _asked(source: str, target: str) -> str:
    into = f"into {ENGLISH_NAMES.get(target, target)}"
    return f"from {ENGLISH_NAMES.get(source, source)} {into}" if source else into


def scheme_of(
    tokenizer: PreTrainedTokenizerBase,
    config: Mapping[str, object],
    folder: Path,
    name: str,
    forced_start: int | None,
    pairs: Sequence[Pair] | None,
) -> Scheme:
    """How the model in `folder` is told the languages.

    `config` is its `config.json`, `name` what it is called (a hub id says the pair), `forced_start` the token
    that its generation config makes each translation begin with, `pairs` what its `parley.json` says. Raises
    ModelLoadError where nothing tells the languages.
    """
    if hasattr(tokenizer, "src_lang"):
        scheme = _by_tokens(tokenizer, forced_start)
        if not scheme.languages:
            raise ModelLoadError(f"{folder}: its tokenizer has no tokens for languages, such as fra_Latn")
        return scheme
    in_front = language_tokens(tokenizer.get_vocab())
    if config.get("model_type") in TOLD_IN_WORDS:
        return _by_token_in_front(in_front, tuple(in_front)) if in_front else _by_words(config)
    named = _named_pairs(tokenizer, name, folder) if pairs is None else tuple(pairs)
    if in_front:
        sources = tuple(sorted({source for source, _ in named})) or tuple(in_front)
        return _by_token_in_front(in_front, sources)
    if not named:
        raise ModelLoadError(
            f"{folder}: nothing says which languages it translates; name its folder like the model "
            '(opus-mt-en-fr), or put a parley.json with {"pairs": [["en", "fr"]]} into it'
        )
    return Scheme(_languages(named), named)


def _by_tokens(tokenizer: Any, forced_start: int | None) -> Scheme:  # noqa: ANN401 (a family of classes)
    """M2M100, NLLB, mBART: a token for each language, around the text and as the translation's first."""
    names = list(getattr(tokenizer, "lang_code_to_token", {}).values())
    added = [token.content for token in tokenizer.added_tokens_decoder.values()]
    tokens = language_tokens(names or added)
    usual = iso_code(tokenizer.src_lang or "") or "en"
    sources = {}
    for code, token in tokens.items():
        tokenizer.src_lang = token.strip("_")
        sources[code] = (tuple(tokenizer.prefix_tokens), tuple(tokenizer.suffix_tokens))
    starts = dict(zip(tokens, tokenizer.convert_tokens_to_ids(list(tokens.values())), strict=True))
    only = [code for code, start in starts.items() if start == forced_start]
    pairs = all_pairs(tokens, only) if only else None
    return Scheme(tuple(tokens), pairs, sources, starts, default_source=usual)


def _by_token_in_front(tokens: Mapping[str, str], sources: Sequence[str]) -> Scheme:
    words: dict[Pair | str, str] = {code: f"{token} " for code, token in tokens.items()}
    if set(sources) == set(tokens):
        return Scheme(tuple(tokens), words=words)
    pairs = all_pairs(sources, tokens)
    return Scheme(_languages(pairs), pairs, words=words)


def _by_words(config: Mapping[str, object]) -> Scheme:
    """The pairs that the config lists, else the same words for any two languages: T5, Raffel et al.,
    "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020, appendix D."""
    tasks = config.get("task_specific_params")
    words: dict[Pair | str, str] = {}
    for task, params in (tasks if isinstance(tasks, dict) else {}).items():
        parts = str(task).split("_")  # such as translation_en_to_fr
        if parts[0] == "translation" and len(parts) == 4 and isinstance(params, dict):
            words[parts[1], parts[3]] = str(params.get("prefix", ""))
    if words:
        listed = tuple(pair for pair in words if isinstance(pair, tuple))
        return Scheme(_languages(listed), listed, words=words)
    pairs = all_pairs(ENGLISH_NAMES, ENGLISH_NAMES)
    words.update(
        {(one, two): f"translate {ENGLISH_NAMES[one]} to {ENGLISH_NAMES[two]}: " for one, two in pairs}
    )
    return Scheme(tuple(ENGLISH_NAMES), words=words, default_source="en")


def _named_pairs(tokenizer: PreTrainedTokenizerBase, name: str, folder: Path) -> tuple[Pair, ...]:
    """What tokenizer, model name or folder say of the languages of a model that is told nothing."""
    told = (getattr(tokenizer, "source_lang", None), getattr(tokenizer, "target_lang", None))
    for pair in (told, pair_in_name(name), pair_in_name(folder.name)):
        if pair is not None and all(pair):
            found = all_pairs(languages_named(str(pair[0])), languages_named(str(pair[1])))
            if found:
                return found
    return ()


def _languages(pairs: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(sorted({code for pair in pairs for code in pair}))
