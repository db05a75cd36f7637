"""The "context used" line: what an answer was made from, in words. Pure."""

from __future__ import annotations

from bot.conversation.context import FittedPrompt
from bot.conversation.text.counting import counted
from bot.generation.types import ModelInfo

HEADING = "Context used"
_PARTS = ("persona", "facts", "summary", "focus", "found", "around", "newest", "question")
_WORDS = {"found": "search", "around": "around the thread", "newest": "newest messages"}


def used(fitted: FittedPrompt, model: ModelInfo, known: int) -> str:
    """One line: the model and its window, tokens by part, and how many of the `known` messages are in."""
    spent = [f"{_WORDS.get(part, part)} {fitted.parts[part]}" for part in _PARTS if fitted.parts.get(part)]
    included = len(fitted.included) - 1
    reach = f"{counted(included, 'message')} in"
    if included:
        reach += f" (since {fitted.included[0].sent_at:%Y-%m-%d %H:%M} UTC)"
    reach += f", {max(known - included, 0):,} left out"
    return (
        f"{HEADING}: model {model.name}, {fitted.prompt_tokens} of {model.context_window} tokens"
        f" ({', '.join(spent)}) and up to {fitted.answer_tokens} for the answer; {reach}"
        + ("" if model.summarizes else "; no running summary, this model does not summarise")
    )
