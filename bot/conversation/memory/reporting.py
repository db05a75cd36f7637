"""The "context used" line: what an answer was made from, in words. Pure."""

from __future__ import annotations

from bot.conversation.context import FittedPrompt
from bot.conversation.text.counting import counted
from bot.generation.types import ModelInfo

HEADING = "Context used"
_PARTS = ("persona", "facts", "summary", "focus", "found", "around", "newest", "question")
_WORDS = {"found": "search", "around": "around the thread", "newest": "newest messages"}


def used(fitted: FittedPrompt, model: ModelInfo, known: int, facts: int) -> str:
    """One line: the model and its window, tokens by part, and how many of the `known` messages are in.

    `facts`: how many are known in the channel; a model that cannot read them has them quoted.
    """
    spent = [f"{_WORDS.get(part, part)} {fitted.parts[part]}" for part in _PARTS if fitted.parts.get(part)]
    included = len(fitted.included) - 1
    reach = f"{counted(included, 'message')} in"
    if included:
        reach += f" (since {fitted.included[0].sent_at:%Y-%m-%d %H:%M} UTC)"
    reach += f", {max(known - included, 0):,} left out"
    if facts and not fitted.parts.get("facts"):
        reach += f"; {counted(facts, 'fact')} known, quoted where a question asks for it"
    return (
        f"{HEADING}: model {model.name}, {fitted.prompt_tokens} of {model.context_window} tokens"
        f" ({', '.join(spent)}) and up to {fitted.answer_tokens} for the answer; {reach}"
        + ("" if model.summarizes else "; no running summary, this model does not summarise")
    )


def quoted(facts: int, messages: int) -> str:
    """The same line for an answer that quotes, for which no model was asked."""
    parts = [counted(facts, "fact")] if facts else []
    parts += [f"{counted(messages, 'message')} found by search"] if messages else []
    return f"{HEADING}: {' and '.join(parts)}, quoted as they are; the model was not asked"
