"""How the posts of an answer look on any platform: text, a file, and buttons; and which post has which.

Pure: it says what is to be shown, and remembers how each post of one reply was shown. How a platform is told
that is the adapter's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bot.conversation.reply import Reply
from bot.messages import File

Action = Literal["stop", "regenerate", "continue", "translate", "share", "good", "bad"]

PREFIX = "parley:"
"""What the ids of all buttons begin with; which answer a button is about, its post tells."""

EMOJI: dict[Action, str] = {
    "stop": "⏹️",
    "regenerate": "🔄",
    "continue": "▶️",
    "translate": "🌐",
    "share": "📢",
    "good": "👍",
    "bad": "👎",
}
LABELS: dict[str, dict[Action, str]] = {
    "en": {
        "stop": "Stop",
        "regenerate": "Regenerate",
        "continue": "Continue",
        "translate": "Translate",
        "share": "Share",
    },
    "es": {
        "stop": "Detener",
        "regenerate": "Regenerar",
        "continue": "Continuar",
        "translate": "Traducir",
        "share": "Compartir",
    },
    "fr": {
        "stop": "Arrêter",
        "regenerate": "Régénérer",
        "continue": "Continuer",
        "translate": "Traduire",
        "share": "Partager",
    },
    "de": {
        "stop": "Stoppen",
        "regenerate": "Neu schreiben",
        "continue": "Fortsetzen",
        "translate": "Übersetzen",
        "share": "Teilen",
    },
    "pt": {
        "stop": "Parar",
        "regenerate": "Gerar de novo",
        "continue": "Continuar",
        "translate": "Traduzir",
        "share": "Compartilhar",
    },
    "zh": {
        "stop": "停止",
        "regenerate": "重新生成",
        "continue": "继续",
        "translate": "翻译",
        "share": "分享",
    },
    "ja": {
        "stop": "停止",
        "regenerate": "再生成",
        "continue": "続ける",
        "translate": "翻訳",
        "share": "共有",
    },
}
"""The words on buttons, by the code of a language. Thumbs need none."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message as it is shown. `is_plain`: as bare text, without buttons."""

    text: str
    file: File | None = None
    buttons: tuple[Action, ...] = ()
    language: str = ""
    is_plain: bool = False

    def label(self, action: Action) -> str:
        """The words on a button, "" where a sign is enough."""
        return LABELS.get(self.language, LABELS["en"]).get(action, "")


class Layout:
    """The posts of one reply: `posts` are their ids in order. Only the last one has buttons."""

    def __init__(self, reply: Reply, *, is_shareable: bool = False) -> None:
        """`is_shareable`: one person sees the answer, and may show it to all."""
        command = reply.question.command
        self.posts = list(reply.posts)
        self._reply = reply
        self._language = command.language if command else ""
        self._is_shareable = is_shareable
        self._shown: dict[str, Post] = {}
        self._vacant: int | None = None

    def of(self, text: str, file: File | None, message_id: str | None = None) -> Post:
        """How a post is to look now; without its id it is the next one."""
        index = len(self.posts) if self._vacant is None else self._vacant
        if message_id in self.posts:
            index = self.posts.index(message_id)
        # While it is written the newest post can always be stopped, also where more is known already.
        last = self._reply.parts - 1 if self._is_whole else len(self.posts) - 1
        buttons = self._buttons() if index >= last else ()
        return Post(text, file, buttons, self._language, is_plain=self._reply.is_quiet)

    def shown(self, message_id: str, post: Post | None = None) -> None:
        """A post stands, and looks so; None where that is not known."""
        if message_id not in self.posts:
            if self._vacant is None:
                self.posts.append(message_id)
            else:
                self.posts[self._vacant] = message_id
                self._vacant = None
        if post is not None:
            self._shown[message_id] = post

    def look_of(self, message_id: str) -> Post | None:
        """How a post looks, None where that is not known."""
        return self._shown.get(message_id)

    def gone(self, message_id: str) -> None:
        """A post was deleted: the next one takes its place."""
        self._shown.pop(message_id, None)
        if message_id in self.posts:
            self._vacant = self.posts.index(message_id)

    def removed(self, message_id: str) -> None:
        """A post was taken back for good."""
        self._shown.pop(message_id, None)
        if message_id in self.posts:
            self.posts.remove(message_id)

    def outdated(self, *, is_over: bool) -> Iterator[tuple[str, Post]]:
        """The posts whose buttons are not theirs any more, as they are to look; the last one's count when the
        reply `is_over`."""
        for message_id in [known for known in self.posts if known in self._shown]:
            is_last = message_id == self.posts[-1]
            post = self._shown[message_id]
            buttons = self._buttons() if is_last else ()
            if post.buttons != buttons and (is_over or not is_last):
                yield message_id, replace(post, buttons=buttons)

    @property
    def _is_whole(self) -> bool:
        """Whether nothing is being written: what is only corrected was whole before."""
        return self._reply.is_written or self._reply.is_correction

    def _buttons(self) -> tuple[Action, ...]:
        """What can be done about the answer now. Nothing about notices; what no model makes can only be shown
        to all, and what is not kept can be neither made again nor read again."""
        reply = self._reply
        if reply.is_notice or reply.is_quiet:
            return ()
        if not self._is_whole:
            return ("stop",) if reply.is_answer else ()
        is_for_all = self._is_shareable and reply.can_be_shared and reply.is_kept
        for_all: tuple[Action, ...] = ("share",) if is_for_all else ()
        if not reply.is_answer:
            return for_all
        if not reply.is_kept:
            return ("good", "bad")
        further: tuple[Action, ...] = ("continue",) if reply.is_cut else ()
        return ("regenerate", *further, "translate", *for_all, "good", "bad")
