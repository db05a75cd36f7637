"""Whether what was said after a question may answer it, by rule. Pure; in doubt a question stays open."""

from __future__ import annotations

import re

from bot.conversation.text.dates import days, times_of_day, without_dates
from bot.conversation.text.units import meaningful, tokenize
from bot.conversation.text.words import content_stems

MAX_CHARS = 1000
MIN_WORDS = 2
"""Words with a meaning that are said beside "I do not know" where something is answered all the same."""
_NO_IDEA = re.compile(
    r"\b(?:(?:i have |i've )?(?:got )?no (?:idea|clue)|(?:i )?(?:really )?(?:don't|do not|dont) know"
    r"|idk|dunno|(?:i'm |i am )?not (?:\w+ )?sure|keine ahnung|(?:das )?weiß (?:ich )?(?:leider )?"
    r"(?:auch )?nicht|(?:je )?(?:ne )?sais pas|aucune idée|no (?:lo )?sé|ni idea|não (?:\w+ )?sei"
    r"|não faço ideia)\b"
    r"|不知道|不清楚|没主意|わかりません|分かりません|わからない|分からない|知らない",
    re.IGNORECASE,
)
_FILLER = re.compile(r"\b(?:sorry|hm+|either|neither|me|too|ask|leider|auch|désolé|perdón|desculpa)\b", re.I)
_ASKS = {
    "who": r"who|whose|wer|wem|wen|qui|quién|quien|quem",
    "when": r"when|what time|which day|wann|quand|cuándo|quando|a qué hora|à quelle heure",
    "where": r"where|wo|wohin|où|dónde|adónde|onde",
    "count": r"how (?:many|much)|wie ?viele?|combien|cuánt[oa]s?|quant[oa]s?",
}
_ASKING = {kind: re.compile(rf"(?:^|[\s,.;:¿])(?:{words})\b", re.I) for kind, words in _ASKS.items()}
_ME = re.compile(
    r"\b(?:i|i'm|i'll|i've|me|mine|my|he|she|they|nobody|everyone|ich|wir|yo|moi|je|nous|eu|nós)\b|@\w"
    r"|<@",
    re.I,
)
_NAME = re.compile(
    r"(?<![.!?] )(?<!^)(?<!\bin )(?<!\bat )(?<!\bto )(?<!\bfrom )\b[A-ZÀ-Þ][\w'-]+"
    r"|(?:^|[.!?]\s+)[A-ZÀ-Þ][\w'-]+(?=[,.!]?\s*$|,? (?:and|does|did|has|had|will|can|is|was|books|und"
    r"|hat|macht|kann|et|va|y|tiene)\b)"
)
_MOMENT = re.compile(
    r"\b(?:soon|later|now|never|already|morning|evening|afternoon|noon|night|week|weekend|month|year|before|after"
    r"|when|once|minutes?|hours?|days?|bald|später|jetzt|woche|abend|bientôt|semaine|soir|pronto|luego|semana"
    r"|tarde|logo)\b",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:in|at|on|to|near|from|under|behind|inside|via|here|there|upstairs|downstairs|online|hier|dort|im|am|bei"
    r"|auf|unter|ici|là|chez|dans|sur|à|en|aquí|allí|em|no|na|aqui|ali)\b|https?://",
    re.I,
)
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|none|all|many"
    r"|few|some|several|both|enough|half|zwei|drei|vier|fünf|sechs|acht|zehn|keine|alle|deux|trois|quatre|cinq"
    r"|dix|dos|tres|cuatro|cinco|diez|todos|dois|três|dez)\b",
    re.I,
)


def is_informative(text: str) -> bool:
    """Whether `text` says more than that its author does not know."""
    text = text[:MAX_CHARS].replace("’", "'")
    if not _NO_IDEA.search(text):
        return True
    return len(meaningful(tokenize(_FILLER.sub(" ", _NO_IDEA.sub(" ", text))))) >= MIN_WORDS


def may_answer(question: str, said: str, *, is_near: bool) -> bool:
    """Whether `said` may answer: it shares a word with the question or, said soon after it, has what that
    asks for."""
    question, said = question[:MAX_CHARS].replace("’", "'"), said[:MAX_CHARS].replace("’", "'")
    kinds = [kind for kind, pattern in _ASKING.items() if pattern.search(question)]
    shares = not set(content_stems(question)).isdisjoint(content_stems(said))
    return not kinds or shares or (is_near and any(_has(kind, said) for kind in kinds))


def _has(kind: str, said: str) -> bool:
    if kind == "who":
        return bool(_ME.search(said) or _NAME.search(without_dates(said)))
    if kind == "when":
        return bool(days(said, None) or times_of_day(said) or _MOMENT.search(said) or re.search(r"\d", said))
    return bool((_PLACE if kind == "where" else _AMOUNT).search(said))
