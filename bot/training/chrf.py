"""chrF++, the score of translations: overlap of character and word n-grams with a reference.

Strings in, numbers out. Popović, 2015 and 2017 (chrF: character n-gram F-score; chrF++: words helping
character n-grams): characters to 6, words to 2, recall weighing twice as much as precision.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Sequence

CHARACTER_ORDER, WORD_ORDER, BETA = 6, 2, 2.0


def corpus_chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """chrF++ of a whole test set, 0 to 100, from counts summed over all sentences.

    Raises ValueError where the two lists differ in length.
    """
    totals = [[0, 0, 0] for _ in range(CHARACTER_ORDER + WORD_ORDER)]
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        counts = zip(_n_grams(hypothesis), _n_grams(reference), strict=True)
        for total, (hypothesis_grams, reference_grams) in zip(totals, counts, strict=True):
            total[0] += hypothesis_grams.total()
            total[1] += reference_grams.total()
            total[2] += (hypothesis_grams & reference_grams).total()
    return _f_score(totals)


def _f_score(totals: Iterable[Sequence[int]]) -> float:
    """The F-score of precision and recall, each averaged over the orders that both sides have."""
    usable = [(made, wanted, matched) for made, wanted, matched in totals if made and wanted]
    if not usable:
        return 0.0
    precision = sum(matched / made for made, _, matched in usable) / len(usable)
    recall = sum(matched / wanted for _, wanted, matched in usable) / len(usable)
    if not precision + recall:
        return 0.0
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _n_grams(text: str) -> list[Counter[str]]:
    """Character n-grams without white space, then word n-grams with marks set apart."""
    characters = "".join(text.split())
    words = [part for word in text.split() for part in _split_marks(word)]
    return [
        *(
            Counter(characters[at : at + order] for at in range(len(characters) - order + 1))
            for order in range(1, CHARACTER_ORDER + 1)
        ),
        *(
            Counter(" ".join(words[at : at + order]) for at in range(len(words) - order + 1))
            for order in range(1, WORD_ORDER + 1)
        ),
    ]


def _split_marks(word: str) -> list[str]:
    """One ASCII punctuation mark at the end, or else at the start, becomes a word of its own."""
    if len(word) == 1:
        return [word]
    if word[-1] in string.punctuation:
        return [word[:-1], word[-1]]
    if word[0] in string.punctuation:
        return [word[0], word[1:]]
    return [word]
