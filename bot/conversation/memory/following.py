"""What tells more about a message that search found: answers to a question, and what settled a proposal.

Pure. It goes by reply links, by who speaks next, and by words; it knows no storage and no models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.conversation.memory.phrases import is_memory_request, uncalled
from bot.conversation.memory.terms import matched, terms_of
from bot.conversation.text.attached import without_notes
from bot.conversation.text.kinds import kind_of, kind_of_text
from bot.messages import Turn

MAX_ANSWERS = 2
MAX_WAIT = timedelta(hours=2)
"""What another person says later than that is no answer, unless it replies."""

_SETTLES = re.compile(
    r"(?:so|ok|okay|alright|then|agreed|deal|dann|also gut|alors|donc|entonces|pues|então|那就|じゃあ)\b",
    re.IGNORECASE,
)
_ASKS_FIRST = re.compile(
    r"(?:what|who|where|when|how|which)(?:['’]?s)?\b|(?:why|whose|wann|wo|wer|was|wie|quand|où|qui|cuándo"
    r"|dónde|quién|qué|quando|onde|quem)\b",
    re.IGNORECASE,
)
_ENDING = " \t\n.!?。！？"
MAX_BARE_CHARS = 60
"""Longer messages without a question mark that begin with "when" or the like are seldom questions."""


def is_question(text: str) -> bool:
    """Whether a message asks something, whatever else it does."""
    text = uncalled(text).strip()
    is_bare = len(text) <= MAX_BARE_CHARS and not {",", "."} & set(text) and _ASKS_FIRST.match(text)
    return text.endswith(("?", "？")) or bool(is_bare) or kind_of_text(text) == "question"


def is_same_question(text: str, question: str) -> bool:
    """Whether a message asks what `question` asks, in the same words that carry meaning."""
    is_asked = is_question(text)
    text, question = (uncalled(one).casefold().strip(_ENDING) for one in (text, question))
    stems, asked = ({term.stem for term in terms_of(one)} for one in (text, question))
    return text == question or (is_asked and bool(asked) and stems == asked)


def was_request_to_bot(turn: Turn, after: Sequence[Turn]) -> bool:
    """Whether a message asked the bot to remember or to forget, and the bot answered."""
    following = _same_talk(turn, after)
    return bool(following) and following[0].role == "assistant" and is_memory_request(turn.text)


def follow_ups(turn: Turn, after: Sequence[Turn]) -> tuple[Turn, ...]:
    """Of the messages `after` one, in their order: what answers it, and what settles it in its words."""
    talk = _same_talk(turn, after)
    to_bot = {said.reply_to for said in talk if said.role == "assistant"}
    people = [said for said in talk if said.role == "user" and said.message_id not in to_bot]
    people = [said for said in people if without_notes(said.text).strip()]
    told = _answers(turn, people) if is_question(turn.text) else []
    words = [term for said in (turn, *told) for term in terms_of(said.text)]
    settled = [said for said in people if said not in told and _settles(said) and matched(words, said.text)]
    chosen = [*told, *settled[:1]]
    return tuple(said for said in people if said in chosen)


def _same_talk(turn: Turn, after: Sequence[Turn]) -> list[Turn]:
    """What was said in the same place, or in the thread under the message."""
    return [said for said in after if said.thread_id in (turn.thread_id, turn.message_id)]


def _answers(question: Turn, people: Sequence[Turn]) -> list[Turn]:
    """Replies to a question; without any, what another person said next."""
    telling = [said for said in people if not is_question(said.text) and not is_memory_request(said.text)]
    replies = [said for said in telling if said.reply_to == question.message_id]
    if replies:
        return replies[:MAX_ANSWERS]
    others = [said for said in people if said.author != question.author and said.reply_to is None]
    return [said for said in others[:1] if said in telling and said.sent_at - question.sent_at <= MAX_WAIT]


def _settles(turn: Turn) -> bool:
    return not is_question(turn.text) and (
        kind_of(turn) == "decision" or _SETTLES.match(turn.text.strip()) is not None
    )
