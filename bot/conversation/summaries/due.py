"""Who is to do something, and until when, by rule. Pure; what the words do not say is not said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from bot.conversation.text.dates import Day, days

MAX_CHARS = 600

_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|avr|abr|ene|may|mai|jun|juin|jul|juil|aug|ago|août|sep|set|oct|okt|out|nov|dec"
    r"|dez|dic|déc)[^\W\d_]{0,7}"
)
_WHEN = (
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th|\.|er)?(?: of| de)? {_MONTH}(?:,? \d{{4}})?"
    r"|(?:(?:(?:next|this) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow)"
    r"(?: (?:morning|noon|evening|afternoon|night))?|today|tonight|noon|midnight"
    r"|the end of (?:the |this )?(?:day|week|month)|end of (?:day|week|month)|eod|eow|next week|next month"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|\d{1,2}:\d{2}|\d{1,2}\s?[ap]m"
    r"|(?:the )?\d{1,2}(?:st|nd|rd|th)(?: of)?(?: [a-z]{3,9})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6} \d{1,2}(?:st|nd|rd|th)?"
    r"|(?:el )?(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)|mañana|hoy"
    r"|(?:le )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)|demain|ce soir"
    r"|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)|morgen|heute abend"
    r"|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?|amanhã"
)
_CLOCK = r"(?:\d{1,2}[:.h]\d{2}|\d{1,2} ?[ap]m)"
_DUE = re.compile(
    r"\b(?:by|until|till|before|due(?: on| by)?|deadline(?: is|:)?|no later than|antes del?|a más tardar"
    r"|avant|d'ici|jusqu'à|bis(?: zum)?|até|antes de"
    rf"|deadline [^.?!\n]{{1,40}}? is)\s+((?:{_WHEN})(?: at {_CLOCK})?)\b",
    re.IGNORECASE,
)
_AT = re.compile(
    r"\b(?:((?:tomorrow|tonight|today|morgen|heute|demain|mañana|amanhã)"
    rf"(?: (?:at|um|à|a las|às) {_CLOCK})?)|(?:at|um|à|a las|às) ({_CLOCK}))\b",
    re.IGNORECASE,
)
"""A day or a time that is to come, without a word that says until."""
_DUE_CJK = re.compile(r"([^\s,，。、]{1,12}?(?:之前|以前|までに|まで))")
_MINE = re.compile(
    r"\b(?:i'll|i will|i can|i am going to|i'm going to|i need to|i have to|let me|i take"
    r"|my (?:job|task|turn)|me encargo|lo hago|tengo que|je m'en (?:occupe|charge)|je vais"
    r"|ich kümmere mich|ich mache|eu cuido|fico de|tenho que)\b|我来|我负责|対応します|やります|担当します",
    re.IGNORECASE,
)
_WILL = (
    r"(?:will|'ll|should|must|shall|has to|needs? to|is going to|is to|to|can you|could you|would you|please"
    r"|takes?|does|owns|macht|übernimmt|erledigt|kümmert|hace|se encarga|s'occupe|fait|cuida|faz)"
)
_CALLED = re.compile(
    r"(?:^|[.!?]\s+|@)(?!(?:yes|no|ok|okay|hey|hi|hello|so|well|sure|thanks|also|and|but|then|now|all|everyone"
    r"|everybody|guys|folks|team|ja|nein|hallo|bitte|oui|non|bonjour|sí|hola|sim|não)\b)"
    r"([^\W\d_][\w'-]{1,30}), (?:please|can you|could you|would you|bitte|kannst du|por favor"
    r"|s'il te plaît)\b",
    re.IGNORECASE,
)
"""Somebody who is called upon, and may have written nothing."""


_BEFORE = r"^|[.!?:;]\s+|@|,\s+|\b(?:and|und|y|et|e)\s+"


def due_of(text: str, said_at: datetime | None) -> str:
    """Until when, in the words of `text`, with the day that they mean where that is not plain and it is known
    when they were said; "" without."""
    text = text[:MAX_CHARS]
    match = _DUE.search(text) or _DUE_CJK.search(text) or _AT.search(text)
    if match is None:
        return ""
    words = next(filter(None, match.groups())).strip()
    meant = next((day for day in days(words, said_at) if said_at and _whole(day, said_at)), None)
    written = f"{meant.year}-{meant.month:02}-{meant.day:02}" if meant else ""
    return f"{words}, {written}" if written and written not in words else words


def _whole(day: Day, said_at: datetime) -> bool:
    """Whether that is one day, and not one before it was spoken of."""
    if day.year is None or day.month is None or day.day is None:
        return False
    return date(day.year, day.month, day.day) >= said_at.date()


def owner_of(text: str, author: str, people: Iterable[str]) -> str:
    """Who is to do it: whoever is called upon by name, else the author where they promise it; "" else."""
    text = text[:MAX_CHARS].replace("’", "'")
    for name in sorted(set(people), key=len, reverse=True):
        first = re.escape(name.split()[0])
        if re.search(rf"(?:{_BEFORE})(?:{re.escape(name)}|{first})(?:[,:]|\s+{_WILL}\b)", text, re.I):
            return name
    called = _CALLED.search(text)
    if called and called[1][0].isupper():
        return called[1]
    return author if _MINE.search(text) else ""
