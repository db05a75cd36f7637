"""What a message is: a decision, something to do, a question, a link or a statement. Patterns in English,
Spanish, French, German, Portuguese, Chinese and Japanese; in other languages questions and links are found.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.messages import Turn

Kind = Literal["decision", "action", "question", "answer", "link", "statement"]

MAX_CHARS = 2000

_DECISION = re.compile(
    r"\b(?:(?:we|they|team|all|is|was|been|it's|finally|have|has) (?:\w+ )?(?:decided|agreed|settled|chosen)"
    r"|(?:we|i) (?:decided|agreed|settled)|agreed(?=[:,.!])|decision(?= |:)|final answer|let's go with"
    r"|we(?:'ll| will| are going to|'re going to) (?:go with|use|take|choose|keep|drop|move|ship|meet|stick)"
    r"|(?:hemos )?(?:decidimos|decidido|acordamos|acordado|quedamos)|decisión|vamos con|de acuerdo:"
    r"|(?:on a|avons|nous avons|est) (?:décidé|convenu|choisi)|décision|on part sur|c'est décidé"
    r"|beschlossen|entschieden|vereinbart|entscheidung|wir nehmen|wir haben uns .{0,30}geeinigt"
    r"|(?:foi )?decidido|combinado|combinamos|concordamos|decisão|ficou acertado)\b"
    r"|决定|決定|商定|说好了|定下来|就这么定|同意了|決まり|決めました|ことにしました|ことになりました",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\b(?:to ?do\b|action items?|deadline|due (?:by|on|date)|by (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|by (?:tomorrow|tonight|noon|eod)|i(?:'ll| will) (?:\w+ )?(?:fix|send|write|do|check|ask|call|make|take"
    r"|bring|look|prepare|update|review|post|book|order|buy|test|add|talk|finish|share|upload|move|handle)"
    r"|(?:can|could) you (?:please )?(?:fix|send|write|check|ask|make|take|bring|prepare|update|review|post"
    r"|book|order|buy|test|add|finish|share|upload)"
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


def kind_of_text(text: str) -> Kind:
    """The same for a part of a message."""
    text = text[:MAX_CHARS].replace("’", "'")
    is_question = _QUESTION.search(text) is not None
    if not is_question and _DECISION.search(text):
        return "decision"
    if _ACTION.search(text):
        return "action"
    if is_question:
        return "question"
    return "link" if _LINK.search(text) else "statement"
