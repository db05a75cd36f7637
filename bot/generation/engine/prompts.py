"""From a Prompt to token ids: chat template, transcript, or raw text.

It must not know sampling, batches or weights. Whatever people wrote is neutralised here, and the ids are
checked afterwards: a prompt never has more control tokens than its scaffolding has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateError

from bot.errors import GenerationError
from bot.generation.engine.codec import Codec, repair
from bot.generation.engine.neutralize import (
    Neutralizer,
    indent_forged,
    indent_lines,
    scaffolding,
    speaker_name,
)
from bot.generation.engine.templates import ChatMessage, ChatTemplate
from bot.generation.types import Prompt, PromptMessage

USER_NAME, BOT_NAME = "User", "Assistant"
SHORT_NAME = "A"  # for measuring what is around a name
JOIN_SLACK = 2  # tokens that may come on top where texts meet: tokenizers join and split across borders

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """Ids to prefill; strings and ids that end the answer on top of the request's own; whether white space
    in front of the answer is of the format and not of the answer. `answer_ids` is what the answer of an
    encoder-decoder begins with, `begun_ids` the end of it that people have seen."""

    ids: tuple[int, ...]
    stop: tuple[str, ...] = ()
    stop_ids: frozenset[int] = field(default_factory=frozenset)
    strip_start: bool = False
    answer_ids: tuple[int, ...] = ()
    begun_ids: tuple[int, ...] = ()


class PromptRenderer:
    """Renders prompts for one tokenizer. `render` may raise GenerationError."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        has_template = isinstance(codec.tokenizer.chat_template, (str, dict)) and bool(
            codec.tokenizer.chat_template
        )
        template = ChatTemplate(codec.tokenizer) if has_template else None
        self.template = template if template is not None and template.is_usable else None
        self._neutralizer = Neutralizer((*codec.control_strings, *self._scaffolding()))
        self._chat_stop_ids = self._end_of_turn_ids()

    def _scaffolding(self) -> set[str]:
        if self.template is None:
            return set()
        try:
            rendered, contents = self.template.probe()
        except Exception:  # templates raise whatever they like
            return set()
        return scaffolding(rendered, contents, self._codec.control_strings)

    def _end_of_turn_ids(self) -> frozenset[int]:
        """EOS, and the control token that the template puts right behind an answer."""
        eos = self._codec.tokenizer.eos_token_id
        ids = {eos} if isinstance(eos, int) else set()
        if self.template is not None:
            behind = self._codec.encode(self.template.after_answer().lstrip(), with_special=False)
            if behind and behind[0] in self._codec.control_ids:
                ids.add(behind[0])
        return frozenset(ids)

    def render(self, prompt: Prompt) -> RenderedPrompt:
        """Token ids and stop conditions of `prompt`. Raises GenerationError when no prompt can be made of
        it."""
        if prompt.messages:
            return self._safely(prompt, self._transcript if self.template is None else self._chat)
        # Without a template there are no turns to forge: the text stays exactly what `tokenizer(text)` gives.
        return self._raw(prompt, repair) if self.template is None else self._safely(prompt, self._raw)

    def _raw(self, prompt: Prompt, clean: Clean) -> RenderedPrompt:
        ids = self._codec.encode(clean(prompt.prefix), with_special=True) or self._codec.start_ids
        if not ids:
            raise GenerationError("empty prompt, and the model has no token to begin a text with")
        return RenderedPrompt(tuple(ids))

    def _safely(self, prompt: Prompt, render: Callable[[Prompt, Clean], RenderedPrompt]) -> RenderedPrompt:
        """Render with neutralised contents and check by ids that no control token came in with them."""
        limit = self._control_count(render(prompt, lambda text: "x" if text.strip() else text))
        for clean in (self._neutralizer.clean, self._neutralizer.scrub):
            rendered = render(prompt, lambda text, clean=clean: clean(repair(text)))  # type: ignore[misc]
            if self._control_count(rendered) <= limit:
                return rendered
        raise GenerationError(
            "the prompt's text holds control tokens of the model that cannot be neutralised"
        )

    def _control_count(self, rendered: RenderedPrompt) -> int:
        return sum(token in self._codec.control_ids for token in rendered.ids)

    def _chat(self, prompt: Prompt, clean: Clean) -> RenderedPrompt:
        assert self.template is not None
        names = {speaker_name(m.name, USER_NAME) for m in prompt.messages if m.role == "user" and m.name}
        messages = [ChatMessage(m.role, clean(_chat_content(m, names))) for m in prompt.messages]
        try:
            text = self.template.render(messages)
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise GenerationError(f"the chat template refused the prompt ({type(error).__name__})") from error
        ids = self._codec.encode(text + clean(prompt.prefix), with_special=False)
        return RenderedPrompt(tuple(ids), stop_ids=self._chat_stop_ids, strip_start=not prompt.prefix)

    def _transcript(self, prompt: Prompt, clean: Clean) -> RenderedPrompt:
        """`Name: text` lines for models that only continue text, ending where the bot is to speak."""
        bot = next(
            (speaker_name(m.name, BOT_NAME) for m in prompt.messages if m.role == "assistant"), BOT_NAME
        )
        speakers = [_speaker(message, bot) for message in prompt.messages]
        parts = [
            clean(m.content).strip() + "\n"
            for m in prompt.messages
            if m.role == "system" and m.content.strip()
        ]
        for message, speaker in zip(prompt.messages, speakers, strict=True):
            if message.role != "system":
                parts.append(f"{clean(speaker)}: {indent_lines(clean(message.content).strip())}")
        parts.append(f"{clean(bot)}:" + (f" {clean(prompt.prefix)}" if prompt.prefix else ""))
        stop = {f"\n{speaker}:" for speaker in (*speakers, bot, USER_NAME) if speaker}
        ids = self._codec.encode("\n".join(parts), with_special=True)
        return RenderedPrompt(
            tuple(ids), tuple(sorted(stop)), self._chat_stop_ids, strip_start=not prompt.prefix
        )

    def overheads(self) -> tuple[int, int]:
        """(tokens that one message adds at most beyond its text, tokens that a whole prompt adds), measured.

        Whoever counts a message's text counts its speaker's name with it.
        """
        user, answer = PromptMessage("user", "hello", SHORT_NAME), PromptMessage("assistant", "hello")
        system = PromptMessage("system", "hello")
        content = self._codec.count(["hello"])[0]
        alone = [(user,), (answer,), (system,)]
        pairs = [(user, user), (user, answer), (answer, user), (system, user)]
        shapes = [*alone, *pairs, (user, answer, user)]
        lengths = {shape: length for shape in shapes if (length := self._length(shape))}
        grown = [lengths[shape] - lengths[shape[:-1]] for shape in shapes if shape[:-1] in lengths]
        grown.append(lengths.get((system, user), 0) - lengths[user,])
        message = max(grown) - content + JOIN_SLACK
        rest = max(length - len(shape) * (content + message) for shape, length in lengths.items())
        return message, max(rest, 0) + JOIN_SLACK

    def _length(self, messages: Sequence[PromptMessage]) -> int:
        """Tokens of a prompt; 0 where the template refuses it."""
        try:
            return len(self.render(Prompt(tuple(messages))).ids)
        except GenerationError:
            return 0


def _chat_content(message: PromptMessage, names: set[str]) -> str:
    """A message's text with its speaker's name in front, where a person has one."""
    if message.role != "user" or not message.name:
        return message.content
    return f"{speaker_name(message.name, USER_NAME)}: {indent_forged(message.content, names)}"


def _speaker(message: PromptMessage, bot: str) -> str:
    """The name in front of a transcript's line; "" for system text. Nobody can take the bot's name."""
    if message.role == "system":
        return ""
    if message.role == "assistant":
        return bot
    name = speaker_name(message.name, USER_NAME)
    return f"{name} ({USER_NAME.lower()})" if name.casefold() == bot.casefold() else name
