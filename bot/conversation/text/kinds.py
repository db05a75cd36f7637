"""What a message is: a decision, something to do, a question, a link or a statement. Patterns in English,
Spanish, French, German, Portuguese, Chinese and Japanese; in other languages questions and links are found.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from bot.messages import Turn

Kind = Literal["decision", "action", "question", "answer", "link", "statement"]

MAX_CHARS = 2000

_DECISION = re.compile(
    r"\b(?:(?:we|they|team|all|is|was|been|it's|finally|have|has) (?:\w+ )?(?:decided|agreed|settled|chosen)"
    r"|(?:we|i) (?:decided|agreed|settled)|(?:decided|agreed|settled)(?= ?(?:[:,.!–—-]|$))|decision(?= |:)"
    r"|final answer|let's go with|we(?:'ll| will| are going to|'re going to) (?:go with|use|take"
    r"|choose|keep|drop|move|ship|meet|stick|switch|migrate|postpone|cancel|stay|launch|release|upgrade)"
    r"|we (?:will not|won't|shall not|are not going to|aren't going to) (?!(?:be|know|make|have|see|find"
    r"|finish|manage|get|need|forget|even|ever)\b)\w+"
    r"|(?:hemos )?(?:decidimos|decidido|acordamos|acordado|quedamos)|decisión|vamos con|de acuerdo:"
    r"|trato hecho|(?:on a|avons|nous avons|est) (?:décidé|convenu|choisi|entendu)|décidé(?= ?[:,.!])"
    r"|décision|on part sur|va pour|beschlossen|entschieden|abgemacht|ausgemacht|vereinbart|entscheidung"
    r"|wir nehmen|steht fest|(?:wir bleiben|es bleibt) bei|wir haben uns .{0,30}geeinigt"
    r"|(?:foi )?decidido|combinado|combinamos|concordamos|decisão|ficou acertado)(?!\w)"
    r"|(?:^|[.!:]\s)(?!(?:\S+ ){0,4}(?:what|how|where|who|why|when|that|as|yes|no|course|know|sure|think"
    r"|guess|because|if|than|maybe|indeed|sorry|here|there|wonder|whatever) )"
    r"(?:(?:so|ok|okay|then|well|right|alright|great),? ){0,2}(?:[\w'-]{1,30} ){1,4}it is"
    r"(?=\s*(?:[,.!;]|then\b|$))"
    r"|决定|決定|商定|说好了|說好了|敲定|拍板|定下来|就这么定|同意了|決まり|決まった|決めた|決めました|ことにしました"
    r"|ことになりました|で行きましょう|でいきましょう",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"(?:\b(?:not|never|nothing|nobody|noch nicht|nichts|noch nichts|pas encore|aún no|todavía no|ainda não"
    r"|if)|n't) (?:(?:yet|been|se|ha|hemos|foi|we|they|is|was|have) ){0,2}"
    r"(?:decided|agreed|settled|chosen|décidé|decidido|acordado|entschieden|beschlossen)\b|没有?决定|決まっていない",
    re.IGNORECASE,
)
_VERBS = (
    "fix|send|write|do|check|ask|call|make|take|bring|look|prepare|update|review|post|book|order|buy|test|add|talk"
    "|finish|share|upload|move|handle|pay|deploy|install|clean|print|sign|submit|migrate|schedule|invite|announce"
)
_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|avr|abr|ene|may|mai|jun|juin|jul|juil|aug|ago|août|sep|set|oct|okt|out|nov|dec|dez"
    r"|dic|déc)\w*"
)
_DATE = rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of| de)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?"
_REQUEST = re.compile(
    rf"\b(?:can|could|will|would) you (?:please )?(?:{_VERBS})\b|\bplease (?:{_VERBS})\b"
    r"|^@?\w[\w' -]{1,30}[,:] (?:please|pls|bitte|por favor|s'il te plaît) (?!(?:note|help|let|tell)\b)\w+",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\b(?:todos?|to-dos?|to do(?= ?:)|action items?|deadline|due (?:by|on|date)"
    r"|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|by (?:tomorrow|tonight|noon|eod)"
    rf"|(?:by|bis(?: zum)?|avant le|antes del?|até) (?:{_DATE})"
    rf"|i(?:'ll| will|'m going to| am going to) (?:\w+ )?(?:{_VERBS})"
    r"|i(?:'ll| will) (?!(?:be|see|have|come|arrive|leave|miss|know|think|let)\b)\w+ [^.?!]{0,80}?"
    r"(?:tomorrow|tonight|at \d|by |before |until )\w*"
    r"|needs? to be|remember to|don't forget|must be (?:done|ready)"
    r"|tarea|fecha límite|a más tardar|yo me encargo|me encargo|hay que|tengo que|tenemos que|antes del?"
    r" (?:lunes|martes|miércoles|jueves|viernes)|à faire|date limite|je m'en (?:occupe|charge)|il faut"
    r"|d'ici (?:lundi|mardi|mercredi|jeudi|vendredi|demain)|avant (?:lundi|mardi|mercredi|jeudi|vendredi)"
    r"|aufgabe|frist|ich kümmere mich|kümmert sich|bis (?:montag|dienstag|mittwoch|donnerstag|freitag|morgen)"
    r"|muss noch|müssen noch|tarefa|prazo|eu cuido|fico de|fica de|precisamos|tenho que|temos que"
    r"|até (?:segunda|terça|quarta|quinta|sexta|amanhã))\b"
    r"|待办|截止|负责|之前完成|我来|需要.{0,6}(?:做|完成|修|准备)|締め切り|締切|までに|担当|やっておき|対応します|お願いします",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？؟]|[吗呢][。！\s]*$|ですか[。\s]*$|ますか[。\s]*$"
    r"|^(?:(?:who|what|when|where|why|how|which) (?:is|are|was|were|do|does|did|can|could|should|would|will)"
    r"|(?:does|do|did|is|are|can|could|has|have) (?:anyone|anybody|someone|you|we|they|it))\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S|\bwww\.\w")


def kind_of(turn: Turn) -> Kind:
    """What a message is by itself: the weightiest of decision, action, question and link that fits.

    "answer" takes the message before it to see: only `choose` says it.
    """
    return kind_of_text(turn.text)


@lru_cache(maxsize=1024)
def kind_of_text(text: str) -> Kind:
    """The same for a part of a message; each is asked about several times in a row."""
    text = text[:MAX_CHARS].replace("’", "'")
    is_question = _QUESTION.search(text) is not None
    if not is_question and _DECISION.search(_UNDECIDED.sub(" ", text)):
        return "decision"
    if _REQUEST.search(text) or (not is_question and _ACTION.search(text)):
        return "action"
    if is_question:
        return "question"
    return "link" if _LINK.search(text) else "statement"
