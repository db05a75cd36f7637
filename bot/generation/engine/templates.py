"""What a model's chat template can and cannot do, found out by rendering it.

It must not know tokens of texts, requests or models' weights; it renders strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from bot.messages import Role

# Plain words: templates look for markup in contents, and some strip or upper-case nothing but white space.
SENTINELS: dict[Role, str] = {"system": "qsystemq", "user": "quserq", "assistant": "qassistantq"}


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message as a template sees it."""

    role: Role
    content: str


class ChatTemplate:
    """A tokenizer's chat template with its demands met.

    A system message is folded into the first user message where the template refuses or drops it;
    neighbours of one role are merged, and a user message is put in front, where it demands that user and
    assistant alternate.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._takes_parts = False
        system, user, assistant = (ChatMessage(role, text) for role, text in SENTINELS.items())
        self._takes_parts = not self._shows(
            [user]
        )  # templates of models that also see images want lists of parts
        self.is_usable = self._shows([user])
        self.accepts_system = self._shows([system, user])
        self.accepts_neighbours = self._shows([user, ChatMessage("user", "qsecondq")])
        self.accepts_assistant_first = self._shows([assistant, user])

    def _shows(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether a rendering exists and holds every message, in order."""
        try:
            text = self._apply(messages)
        except Exception:  # templates raise whatever they like: TemplateError, TypeError, their own
            return False
        at = 0
        for message in messages:
            at = text.find(message.content, at)
            if at < 0:
                return False
        return True

    def _apply(self, messages: Sequence[ChatMessage], *, with_answer: bool = True) -> str:
        conversation: Any = [{"role": m.role, "content": self._content(m.content)} for m in messages]
        rendered = self._tokenizer.apply_chat_template(
            conversation,
            tokenize=False,
            add_generation_prompt=with_answer,
            enable_thinking=False,  # ignored by templates that know no such switch
        )
        return str(rendered)

    def _content(self, text: str) -> str | list[dict[str, str]]:
        return [{"type": "text", "text": text}] if self._takes_parts else text

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """The prompt up to where the answer begins. Raises TemplateError where the template still refuses."""
        return self._apply(self.arrange(messages))

    def arrange(self, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        """`messages` in a form that the template accepts; system messages are joined at the start."""
        system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content)
        turns = [m for m in messages if m.role != "system"]
        if not turns or (turns[0].role == "assistant" and not self.accepts_assistant_first):
            turns.insert(0, ChatMessage("user", "..."))
        if system and not self.accepts_system:
            turns = _fold(system, turns)
        if not self.accepts_neighbours:
            turns = _merge(turns)
        return [ChatMessage("system", system), *turns] if system and self.accepts_system else turns

    def probe(self) -> tuple[str, tuple[str, ...]]:
        """A rendering of one message of every role, and the contents that stand in it."""
        conversation = [ChatMessage(role, text) for role, text in SENTINELS.items()]
        again = [ChatMessage("user", SENTINELS["user"])]
        return self.render([*conversation, *again]), tuple(SENTINELS.values())

    def after_answer(self) -> str:
        """What the template writes behind an assistant's answer, such as `<|im_end|>` and a line break."""
        messages = [ChatMessage("user", SENTINELS["user"]), ChatMessage("assistant", SENTINELS["assistant"])]
        try:
            text = self._apply(messages, with_answer=False)
        except (TemplateError, TypeError, ValueError):
            return ""
        return text.partition(SENTINELS["assistant"])[2]


def _fold(system: str, turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    """`turns` with the system text in front of the first user message."""
    first = next((at for at, turn in enumerate(turns) if turn.role == "user"), None)
    if first is None:
        return [ChatMessage("user", system), *turns]
    folded = ChatMessage("user", f"{system}\n\n{turns[first].content}")
    return [*turns[:first], folded, *turns[first + 1 :]]


def _merge(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    """`turns` with neighbours of one role joined by line breaks."""
    merged: list[ChatMessage] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = ChatMessage(turn.role, f"{merged[-1].content}\n{turn.content}")
        else:
            merged.append(turn)
    return merged
