"""Retells one English message in the third person by rule: "Ana says that they will fix the tests."

Nobody's gender is guessed: the speaker is named, then "they". Who did what must stay as it was said, so what
says "we" or "you", speaks of "them" already, quotes a talk, or has a form that no rule covers, is not retold
at all (None). What stands in quotation marks, code, links and mentions is never changed. Knows nothing of
other messages.
"""

from __future__ import annotations

import re

from bot.conversation.text.safety import clean_name, one_line
from bot.conversation.text.small_words import SMALL_WORDS
from bot.messages import Turn

MAX_CHARS = 300
MIN_ENGLISH = 0.15
"""The least part of English small words among all words."""

_KEPT = re.compile(r"`[^`]+`|https?://\S*[^\s.,;:!?)\]]|<[^<>\s]+>|@\w+|\"[^\"]+\"|“[^“”]+”|«[^«»]+»")
_PLACE = "\ue000{}\ue001"
_PLACES = re.compile("\ue000(\\d+)\ue001")
_UNSAFE = re.compile(
    r"\b(?:we|us|our|ours|ourselves|we'\w+|let's|you|your|yours|yourself|yourselves|you'\w+|u|ur"
    r"|they|them|their|theirs|themselves|they'\w+)\b|[\"“”«»`>\ue000\ue001]|: ?(?:I|my|me)\b",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"\S\s+[A-Z]\w+ I\b")
_OPENING = re.compile(
    r"(?:(?:ok|okay|yes|yeah|yep|sure|well|great|thanks|hi|hello|hey)(?: all)?[,!.] *)+", re.I
)
_END = re.compile(r"[\s.!…]*$")
_INNER_END = re.compile(r"[.!?…](?=\s)")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")

_ADVERB = r"(?:also|still|just|never|always|already|really|probably|actually|only|not|now)"
_AM = re.compile(rf"\bI((?: {_ADVERB})?) (?:am|was)\b")
_VERB_OF_I = {"am": "are", "was": "were"}
_PRONOUNS = {
    "i": "they",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
    "i'm": "they're",
    "i'll": "they'll",
    "i've": "they've",
    "i'd": "they'd",
    "im": "they're",
}
_PRONOUN = re.compile(r"\b(?:I'm|I'll|I've|I'd|Im|I|me|my|mine|myself)\b", re.IGNORECASE)

_WISH = re.compile(
    r"I (?P<verb>want|need|prefer|agree|hope|think|suggest|propose|plan|expect|believe|recommend)"
    r" (?P<rest>.+)"
)
_LIKE = re.compile(r"(?:I would|I'd) like (?P<rest>.+)")
_COORDINATED = re.compile(r"\b(?:and|but|or|so|then)\b|[,;:]")
_SUBJECT = re.compile(
    r"(?:I|I'(?:m|ll|ve|d)|it|it's|this|that|that's|there|there's|the|my|he|he's|she|she's|a|an|these|those"
    r"|some|all|everyone|everybody|someone|somebody|nobody|most)\b",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|can|could|will|would|should|must|may|might|needs|wants|works"
    r"|looks|seems|means|goes|comes|takes|starts|ends|fails)\b|n't\b|'(?:s|ll|re|ve|d)\b",
    re.IGNORECASE,
)
_MODAL = "can|could|should|may|will|would|must|might|have|had"
_WHETHER_I = re.compile(rf"(?P<verb>{_MODAL}|am|was) I (?P<rest>[^?]+)\?", re.IGNORECASE)
_WHETHER_IT = re.compile(
    rf"(?P<verb>{_MODAL}|is|are|was|were|has) (?P<subject>it|there|this|that|he|she|anyone|anybody|someone"
    r"|somebody|everyone|everybody) (?P<rest>[^?]+)\?",
    re.IGNORECASE,
)
_WH_I = re.compile(
    rf"(?P<wh>where|when|how|what|why|which|who) (?P<verb>{_MODAL}|am|was) I (?P<rest>[^?]+)\?", re.I
)
_WH_SUBJECT = re.compile(
    r"(?P<wh>who|what) (?P<rest>(?:can|could|will|would|should|has|had|happened) [^?]+)\?", re.I
)
_WH_IS = re.compile(
    r"(?P<wh>what|when|where|who|how much|how many) (?P<verb>is|are|was|were)"
    r" (?P<rest>(?:the|my|this|that)(?: [\w'-]+){0,4})\?",
    re.IGNORECASE,
)
_SECOND_QUESTION = re.compile(
    r"\b(?:and|or|but) (?:is|are|was|were|can|could|do|does|did|will|would|should|has|have|what|where|when"
    r"|how|who)\b",
    re.IGNORECASE,
)


def retell(turn: Turn) -> str | None:
    """The message as one sentence in the third person, or None where no rule does it safely."""
    text = one_line(turn.text)
    if turn.author is None or not text or len(text) > MAX_CHARS or "\n" in turn.text.strip():
        return None
    kept: list[str] = []
    masked = _KEPT.sub(lambda match: _keep(match[0], kept), text) if "\ue000" not in text else text
    masked = masked.replace("’", "'")
    if _UNSAFE.search(_PLACES.sub("", masked)) or _ROMAN.search(masked):
        return None
    masked = _OPENING.sub("", masked)
    if not _is_english(masked) or _INNER_END.search(masked.strip()):
        return None
    told = _question(masked) if masked.endswith("?") else _statement(_END.sub("", masked))
    if told is None:
        return None
    whole = f"{clean_name(turn.author.name)} {told}."
    return _PLACES.sub(lambda match: kept[int(match[1])], whole)


def _keep(part: str, kept: list[str]) -> str:
    kept.append(part)
    return _PLACE.format(len(kept) - 1)


def _is_english(text: str) -> bool:
    words = [word.lower().partition("'")[0] for word in _WORD.findall(text)]
    shares = {code: sum(word in small for word in words) for code, small in SMALL_WORDS.items()}
    english = shares.pop("en")
    return len(words) >= 3 and english >= MIN_ENGLISH * len(words) and english >= max(shares.values())


def _statement(text: str) -> str | None:
    if "?" in text or not _SUBJECT.match(text):
        return None
    if wish := _LIKE.fullmatch(text):
        return f"would like {_third(wish['rest'])}"
    if (wish := _WISH.fullmatch(text)) and not _COORDINATED.search(wish["rest"]):
        return f"{wish['verb']}s {_third(wish['rest'])}"
    if not re.match(r"I\b", text) and not _FINITE.search(text):
        return None
    return f"says that {_third(_lowered(text))}"


def _question(text: str) -> str | None:
    if text.count("?") > 1 or _SECOND_QUESTION.search(text):
        return None
    if match := _WHETHER_I.fullmatch(text):
        return f"asks whether they {_of_they(match['verb'])} {_third(match['rest'])}"
    if match := _WHETHER_IT.fullmatch(text):
        return f"asks whether {match['subject'].lower()} {match['verb'].lower()} {_third(match['rest'])}"
    if match := _WH_I.fullmatch(text):
        return f"asks {match['wh'].lower()} they {_of_they(match['verb'])} {_third(match['rest'])}"
    if match := _WH_SUBJECT.fullmatch(text):
        return f"asks {match['wh'].lower()} {_third(match['rest'])}"
    if match := _WH_IS.fullmatch(text):
        return f"asks {match['wh'].lower()} {_third(match['rest'])} {match['verb'].lower()}"
    return None


def _of_they(verb: str) -> str:
    return _VERB_OF_I.get(verb.lower(), verb.lower())


def _lowered(text: str) -> str:
    """`text` as it goes on after "that": its first word, one that no name begins with, in lower case."""
    return text if re.match(r"I\b", text) else text[0].lower() + text[1:]


def _third(text: str) -> str:
    """`text` with the speaker as "they"."""
    text = _AM.sub(lambda match: f"they{match[1]} {'are' if match[0].endswith('am') else 'were'}", text)
    return _PRONOUN.sub(lambda match: _PRONOUNS[match[0].lower()], text)
