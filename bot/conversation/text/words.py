"""Words as they are compared: without case and accents' variants, stemmed, small words told from others.

Scripts without spaces give pairs of characters. Stems are English rules made for comparing, not for reading;
other languages lose only what the rules take from them. Knows no model and no conversation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.conversation.text.small_words import SMALL_WORDS

WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MORE_SMALL = (
    "been being am did does doing done having will would shall should can could may might must ought let lets"
    " also too so thus then now just only even still yet already quite rather really actually basically"
    " any some such each every both either neither other another same own more most much many few lot lots"
    " oh ah uh um hm hmm yeah yep ok okay well like please thanks thank hey hi hello sure right"
    " that's there's it's what's let's i'm i'll i've i'd you're you'll you've you'd we're we'll we've we'd"
    " they're they'll they've he's she's he'll she'll isn aren wasn weren"
    " going gonna him hers theirs mine yours ours us me myself yourself himself herself itself"
    " ourselves themselves whose whom while during because since"
    " although though however therefore through between among into onto upon about again off out over under"
)
SMALL = frozenset(_MORE_SMALL.split()).union(*(SMALL_WORDS[code] for code in SMALL_WORDS))
_IRREGULAR_FORMS = (
    "be is are was were been being am|have has had|do does did done|go goes went gone|say says said"
    "|get got gotten|make made|know knew known|think thought|take took taken|see saw seen|come came"
    "|give gave given|find found|tell told|become became|leave left|feel felt|bring brought|begin began begun"
    "|keep kept|hold held|write wrote written|stand stood|hear heard|mean meant|meet met|run ran"
    "|pay paid|sit sat|speak spoke spoken|lead led|grow grew grown|lose lost|fall fell fallen|send sent"
    "|build built|understand understood|draw drew drawn|break broke broken|spend spent|buy bought"
    "|choose chose chosen|drive drove driven|eat ate eaten|fly flew flown|forget forgot forgotten"
    "|rise rose risen|sell sold|show shown|sleep slept|steal stole stolen|swim swam swum|teach taught"
    "|throw threw thrown|wear wore worn|win won|catch caught|fight fought|hide hid hidden|ring rang rung"
    "|shoot shot|sing sang sung|wake woke woken|man men|woman women|child children|person people"
    "|use used using uses|foot feet|mouse mice|good better best|bad worse worst"
)
_IRREGULAR = {form: group.split()[0] for group in _IRREGULAR_FORMS.split("|") for form in group.split()[1:]}
_ENDINGS = (
    ("eement", "ee"), ("eed", "ee"), ("ees", "ee"),
    ("ational", "ate"), ("isation", "ise"), ("ization", "ise"), ("ations", "ate"), ("ation", "ate"),
    ("ements", ""), ("ement", ""), ("ments", ""), ("ment", ""), ("ities", ""), ("ity", ""), ("ness", ""),
    ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ers", ""),
    ("er", ""), ("ably", ""), ("able", ""), ("ily", "y"), ("ed", ""), ("es", ""), ("ly", ""), ("ions", ""),
    ("ion", ""), ("s", ""),
)  # fmt: skip
_MIN_STEM = 3


def words(text: str) -> list[str]:
    """The words of `text` in order, in one case; pairs of characters where a script has no spaces."""
    return split_words(normal(text))


def split_words(text: str) -> list[str]:
    """The same of a text that is in one case already."""
    found: list[str] = []
    for word in WORD.findall(text):
        if _CJK.search(word) and len(word) > 1:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            found.append(word)
    return found


def normal(text: str) -> str:
    """`text` as it is compared: one form of each character, one apostrophe, lower case."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def content_stems(text: str) -> list[str]:
    """The stems of the words of `text` that are not small, in order."""
    return [stem(word) for word in words(text) if word not in SMALL and (len(word) > 1 or word.isdecimal())]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What the forms of a word have in common: `releases`, `released`, `releasing` give the same."""
    word = word.removesuffix("'s").removesuffix("'")
    word = _IRREGULAR.get(word, word)
    if not word.isascii() or len(word) <= _MIN_STEM:
        return word
    for ending, other in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM and not word.endswith(("ss", "us")):
            word = word[: len(word) - len(ending)] + other
            break
    if len(word) > _MIN_STEM and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    word = word[:-1] if word.endswith("e") and len(word) > _MIN_STEM else word
    return word[:-1] + "i" if word.endswith("y") and len(word) >= _MIN_STEM else word
