"""How people ask in words to remember or to forget something, in seven languages. Pure."""

from __future__ import annotations

import re

from bot.conversation.text.safety import one_line

MAX_CHARS = 1000
"""Longer messages are talk, whatever they begin with."""

_CALL = r"\s*(?:<[^<>]{1,60}>|@?[\w-]{1,40}[,:])?\s*"  # a mention, or a name and a comma
_ANY_CALL = re.compile(r"\s*(?:<@[^<>]{1,60}>|@[\w-]{1,40}[\s,:])[\s,:]*")
_NO_LETTER = "(?![a-z\u00df-\u024f0-9_])"
"""What ends a name; no space is needed before a script without spaces."""
_PLEASE = (
    r"(?:(?:please|can you|could you|will you|bitte|kannst du|por favor|puedes|s'il te plaît|stp|peux-tu"
    r"|você pode|请|請|麻烦|帮我|幫我)[\s,]*){0,3}"
)
_REMEMBER = (
    r"remember(?:\s+that\b(?!\s+(?:time|day|night|one|guy)\b)|\s*[:,])",
    r"(?:do not|don['’]t)\s+forget(?:\s+that\b|\s*:)",
    r"(?:merke?|merken sie)\s+(?:dir|euch|sich)(?:\s+bitte)?(?:\s*,?\s*dass\b|\s*:)",
    r"(?:vergiss|vergesst)\s+nicht\s*,?\s*dass\b",
    r"(?:recuerda|recuerde|recordad|acuérdate(?:\s+de)?|no olvides)(?:\s+que\b|\s*:)",
    r"(?:souviens[- ]toi|souvenez[- ]vous|rappelle[- ]toi|retiens|retenez|n['’]oublie pas)"
    r"(?:\s+qu(?:e\b|['’])|\s*:)",
    r"(?:lembra|lembre|lembra-te|lembre-se|não (?:te )?esqueças?|não se esqueça)(?:\s+de)?"
    r"(?:\s+que\b|\s*:)",
    r"(?:记住|記住|请记得|請記得|记下来?|記下來?)\s*[，,：:]?",
    r"覚えて(?:おいて)?(?:ください|ね)?\s*[、，,：:]",
)
_REMEMBER_FIRST = re.compile(f"{_CALL}{_PLEASE}(?:{'|'.join(_REMEMBER)})\\s*(?P<fact>\\S.*)", re.IGNORECASE)
_REMEMBER_LAST = re.compile(
    _CALL
    + r"(?P<fact>\S.*?)(?:ことを|と|を|って|、)?覚えて(?:おいて)?(?:ください|くださいね|ね|よ)?[。！!]*\s*",
)
_FORGET = r"(?:forget|delete|remove|vergiss|lösche|olvida|borra|oublie|supprime|esquece|esqueça|apaga)"
_FACT = r"(?:fact|fakt|merksatz|hecho|dato|fait|fato|facto)"
_NUMBER = (
    rf"{_FORGET}\s+(?:the\s+|den\s+|das\s+|el\s+|la\s+|le\s+|o\s+)?{_FACT}"
    r"\s*(?:number|nummer|n[.°º]?|#)?\s*(\d{1,6})",
    r"(?:忘记|忘掉|忘記|删除|刪除)\s*(?:第|事实|事實)*\s*(\d{1,6})\s*(?:条|條|个|個)?(?:事实|事實)?",
    r"(?:事実|ファクト)?\s*(\d{1,6})\s*(?:番)?(?:の事実)?を忘れて(?:ください)?",
)
_FORGET_NUMBER = re.compile(f"{_CALL}{_PLEASE}(?:{'|'.join(_NUMBER)})\\s*[.!。！]?\\s*", re.IGNORECASE)
_FORGET_THAT = re.compile(
    _CALL
    + _PLEASE
    + r"(?:forget(?:\s+that\b(?!,)|\s*:)|vergiss\s*,?\s*dass\b|olvida\s+que\b|oublie\s+qu(?:e\b|['’])"
    + r"|esquece\s+que\b|esqueça\s+que\b|忘记|忘掉|忘記)\s*[，,：:]?\s*(?P<fact>\S.*)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？]\s*\Z|[吗嗎呢]\s*\Z")


def without_call(text: str, bot_name: str) -> str:
    """`text` without the bot's name, with or without @, at its beginning, nor its @name at its end."""
    name = re.escape(bot_name.strip())
    text = re.sub(rf"\A\s*@?{name}{_NO_LETTER}[\s,:，、：]*", "", text, flags=re.IGNORECASE)
    return re.sub(rf"(?<!\w)@{name}{_NO_LETTER}(?=[\s.!?。！？]*\Z)", "", text, flags=re.IGNORECASE).strip()


def fact_in(text: str, bot_name: str = "") -> str | None:
    """What `text` asks to remember, None where it asks nothing of the kind ("do you remember ...?").

    `bot_name`: how the bot is called in the text, where the platform leaves that in.
    """
    said = _short(text, bot_name)
    if _QUESTION.search(said):
        return None
    match = _REMEMBER_FIRST.fullmatch(said) or _REMEMBER_LAST.fullmatch(said)
    return match["fact"] if match else None


def forgotten_number(text: str, bot_name: str = "") -> int | None:
    """The number of the fact that `text` asks to forget ("forget fact 2"), or None."""
    match = _FORGET_NUMBER.fullmatch(_short(text, bot_name))
    return int(next(filter(None, match.groups()))) if match else None


def forgotten_words(text: str, bot_name: str = "") -> str | None:
    """What `text` asks to forget in words ("forget that ..."), or None."""
    match = _FORGET_THAT.fullmatch(_short(text, bot_name))
    return match["fact"] if match else None


def is_memory_request(text: str) -> bool:
    """Whether `text` reads like a request to the bot to remember or to forget, whatever name it calls.

    People also say such things to each other: only what the bot answered was surely a request to it.
    """
    said = uncalled(text)
    return any(found(said) is not None for found in (fact_in, forgotten_number, forgotten_words))


def uncalled(text: str) -> str:
    """`text` without a mention, of whomever, at its beginning."""
    return _ANY_CALL.sub("", text, count=1) if _ANY_CALL.match(text) else text


def _short(text: str, bot_name: str) -> str:
    """`text` on one line, with single spaces and without the bot's name; "" for one that is too long to be
    a request."""
    if len(text) > MAX_CHARS:
        return ""
    return one_line(without_call(text, bot_name) if bot_name else text)
