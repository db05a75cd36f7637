"""From token ids to text, one token at a time.

Holds back what is not final yet: the bytes of a character whose end is still to come, and text that may be
the beginning of a stop string. It must not know models or tokenizers: it is given a `decode` function. No
torch here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

UNDECODED = "\ufffd"  # what every tokenizer's decoder shows for bytes that are no whole character (yet)
MAX_HELD_TOKENS = 16
MAX_CHARACTER_BYTES = 4  # of UTF-8, RFC 3629


class Detokenizer:
    """Turns the tokens of one answer into pieces of text.

    The pieces joined equal `decode(all tokens)` up to the first stop string, which is never shown. Each token
    costs the decoding of a few tokens around it, never of the whole answer: the tokens of the piece before
    go along as left context, because many decoders treat the first token of a text specially. Tokens that
    `decode` would skip (special ones) must not be pushed. A SentencePiece vocabulary with byte fallback
    decodes a run of bytes as a whole; what was a valid character when it was shown stays shown there, even
    if a later byte spoils the run.

    `strip_start` drops white space in front of the answer's first visible character. `context` are tokens
    that stand before the answer and are shown already.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        stop: Sequence[str] = (),
        *,
        strip_start: bool = False,
        context: Sequence[int] = (),
    ) -> None:
        self._decode = decode
        self._stop = tuple(text for text in stop if text)
        self._strip_start = strip_start
        self._context = list(context)
        self._context_text = decode(self._context) if context else ""
        self._pending: list[int] = []
        self._held = ""
        self.is_stopped = False

    def push(self, token_id: int) -> str:
        """The text that became final with this token; `is_stopped` is then set if a stop string was
        reached."""
        if self.is_stopped:
            return ""
        self._pending.append(token_id)
        text = self._decode(self._context + self._pending)
        # Some decoders show half a character as U+FFFD, others not at all.
        is_open = text.endswith(UNDECODED) or text == self._context_text
        if not is_open:
            return self._release(self._settle(text))
        if len(self._pending) < MAX_HELD_TOKENS:
            return ""
        return self._release(self._cut(text))

    def finish(self) -> str:
        """Everything that was held back; call it once, after the last token."""
        if self.is_stopped:
            return ""
        text = self._decode(self._context + self._pending) if self._pending else self._context_text
        shown = self._release(self._settle(text))
        if not self.is_stopped:
            shown += self._shown(self._held)
            self._held = ""
        return shown

    def _settle(self, text: str) -> str:
        """Accept `text`, the decoding of context and pending tokens, and return what is new in it."""
        fresh = self._fresh(text)
        self._context, self._pending = self._pending, []
        self._context_text = self._decode(self._context)
        return fresh

    def _fresh(self, text: str) -> str:
        if text.startswith(self._context_text):
            return text[len(self._context_text) :]
        return self._decode(self._pending)  # a byte-fallback run was spoilt afterwards

    def _cut(self, text: str) -> str:
        """Release the beginning of a long run of undecodable bytes.

        A cut is final when both sides decode to the same text apart as together and the right side is as
        long as a character can be: nothing to come can change the left side then.
        """
        tokens = self._context + self._pending
        for kept in range(MAX_CHARACTER_BYTES, 2 * MAX_CHARACTER_BYTES):
            head = self._decode(tokens[:-kept])
            if head.startswith(self._context_text) and head + self._decode(tokens[-kept:]) == text:
                fresh = head[len(self._context_text) :]
                self._context, self._context_text, self._pending = [], "", tokens[-kept:]
                return fresh
        return self._settle(text)

    def _release(self, fresh: str) -> str:
        """Pass text on, up to a stop string or what may become one."""
        self._held += fresh
        found = [at for at in (self._held.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.is_stopped = True
            shown, self._held = self._held[: min(found)], ""
        else:
            final = len(self._held) - self._open_stop_length()
            shown, self._held = self._held[:final], self._held[final:]
        return self._shown(shown)

    def _open_stop_length(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        longest = 0
        for stop in self._stop:
            for length in range(min(len(stop) - 1, len(self._held)), longest, -1):
                if self._held.endswith(stop[:length]):
                    longest = length
                    break
        return longest

    def _shown(self, text: str) -> str:
        if self._strip_start and text:
            text = text.lstrip()
            self._strip_start = not text
        return text
