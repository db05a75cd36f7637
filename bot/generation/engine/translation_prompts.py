"""From a prompt to the ids that a translation model reads, and those that its translation begins with.

It must not know families of models (a `Scheme` does), sampling, batches or weights.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import GenerationError
from bot.generation.engine.codec import Codec, repair
from bot.generation.engine.neutralize import Neutralizer
from bot.generation.engine.prompts import JOIN_SLACK, RenderedPrompt
from bot.generation.engine.schemes import Scheme
from bot.generation.types import Prompt


class TranslationRenderer:
    """Renders prompts for one translation model; `start_ids` is what its decoder begins every text with."""

    def __init__(self, codec: Codec, scheme: Scheme, start_ids: Sequence[int]) -> None:
        self._codec = codec
        self._scheme = scheme
        self._start_ids = tuple(start_ids)
        self._neutralizer = Neutralizer(codec.control_strings)

    def render(self, prompt: Prompt) -> RenderedPrompt:
        """Token ids of `prompt`. Raises GenerationError for one that is no text to be translated, and for a
        pair of languages that the model cannot do."""
        if prompt.messages or not prompt.target_language or not prompt.prefix.strip():
            raise GenerationError("a translation needs a text and the language it is wanted in")
        frame = self._scheme.frame(prompt.source_language, prompt.target_language)
        text = frame.words + self._neutralizer.clean(repair(prompt.prefix))
        ids = self._codec.encode(text, with_special=frame.around is None)
        before, after = frame.around or ((), ())
        begun = tuple(self._codec.encode_target(prompt.begun)) if prompt.begun else ()
        return RenderedPrompt(
            (*before, *ids, *after),
            answer_ids=(*self._start_ids, *frame.start, *begun),
            begun_ids=begun,
        )

    def overhead(self) -> int:
        """Tokens that a prompt has at most beyond those of its text."""
        words = max(self._codec.count(sorted({"", *self._scheme.words.values()})))
        around = [len(before) + len(after) for before, after in self._scheme.sources.values()]
        return words + max(around or [len(self._codec.encode("", with_special=True))]) + JOIN_SLACK
