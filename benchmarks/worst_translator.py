"""Messages full of what must survive a translation, and a translator that does its worst with them."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass

from bot.generation.types import Prompt

TEXT = (
    "please check the new report before lunch because nobody on our team has seen what the customer wrote "
    "about it and we should answer them today or the whole plan will slip again"
)
WORDS = TEXT.split()
CODE_WORDS = (
    "x = 1",
    "print('ok')",
    "for i in range(3):",
    "    return <@1>",
    "see https://no.example/x",
    "# ok",
)
_MARK = re.compile(r"⟦\s?\d+\s?⟧|<\|m\d+\|>")


@dataclass(frozen=True)
class Message:
    """A message, and what of each of its lines must survive, as often as it is there."""

    text: str
    kept: tuple[tuple[str, ...], ...]
    blocks: tuple[str, ...]


class MessageMaker:
    """Random messages that mix code, mentions, emoji, links and the rest. No item is part of another one."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._number = 0

    def message(self) -> Message:
        """A message of one to five lines, with code blocks between some of them."""
        lines: list[str] = []
        kept: list[tuple[str, ...]] = []
        blocks: list[str] = []
        for _ in range(self._rng.randint(1, 5)):
            if self._rng.random() < 0.15:
                block = self._block()
                blocks.append(block)
                lines.append(block)
                kept += [()] * (block.count("\n") + 1)
            line, items = self._line()
            lines.append(line)
            kept.append(items)
        return Message("\n".join(lines), tuple(kept), tuple(blocks))

    def _line(self) -> tuple[str, tuple[str, ...]]:
        words, items = [], []
        for _ in range(self._rng.randint(1, 14)):
            words.append(self._rng.choice(WORDS))
            if self._rng.random() < 0.3:
                item, kept = self._item()
                words.append(item + self._rng.choice(["", "", "", ",", "!"]))
                items += kept
            if self._rng.random() < 0.1:
                words[-1] += "."
        prefix = self._rng.choice(["", "", "", "", "- ", "1. ", "> ", "## ", "- [ ] "])
        return prefix + " ".join(words) + self._rng.choice(["", ".", "?"]), tuple(items)

    def _item(self) -> tuple[str, list[str]]:
        """One thing to keep, as it is written, and what of it must survive."""
        self._number += 1
        n, rng = self._number, self._rng
        plain = rng.choice(
            [
                f"<@{n}000001>", f"<@!{n}000002>", f"<@&{n}000003>", f"<#{n}000004>", f"<@U{n}X|ann>",
                f"<!subteam^S{n}X|ops>", f"@user{n}x", f"<t:{n}000005:R>", f"<:blob:{n}000006>",
                f"<a:wave:{n}000007>", f":custom{n}x:", f"https://ex.org/{n}x?a=1&b=(2)", f"<https://ex.org/{n}y>",
                f"`code {n}x`", f"``a `b` {n}y``", f"/command{n}x", f"report_{n}x.pdf", f"./src/{n}x/main.py",
                f"C:\\tmp\\{n}x.txt", f"{n}.5 km", f"${n},100.25", f"v{n}.2.3", f"{n}.25%", f"me{n}x@ex.org",
            ]
        )  # fmt: skip
        kind = rng.random()
        if kind < 0.15:
            words = " ".join(rng.choices(WORDS, k=2))
            return f"[{words}](https://ex.org/{n}z)", [f"](https://ex.org/{n}z)"]
        if kind < 0.25:
            sign = rng.choice(["**", "~~", "||", "__"])
            return f"{sign}{rng.choice(WORDS)}{sign}", [sign, sign]
        if kind < 0.4:
            emoji = rng.choice(["👍🏽", "👨‍👩‍👧", "🇫🇷", "1️⃣", "❤️", "🎉"])
            return emoji, [emoji]
        return plain, [plain]

    def _block(self) -> str:
        lines = self._rng.choices(CODE_WORDS, k=self._rng.randint(1, 3))
        return "```py\n" + "\n".join(lines) + "\n```"


def losses(message: Message, translated: str) -> list[str]:
    """What did not survive: of the message's items in its line, of its code blocks, and of its lines."""
    lines = translated.split("\n")
    if len(lines) != len(message.kept):
        return [f"{len(lines)} lines of {len(message.kept)}"]
    lost = [
        f"{item} {line.count(item)} times of {count}"
        for line, kept in zip(lines, message.kept, strict=True)
        for item, count in Counter(kept).items()
        if line.count(item) != count
    ]
    lost += [block for block in message.blocks if translated.count(block) < message.blocks.count(block)]
    stray = re.search(r"[⟦⟧\U000f0000-\U000fffff]|<\|m", translated)
    return [*lost, f"stray {stray[0]!r}"] if stray else lost


class WorstTranslator:
    """Drops, repeats, reorders, invents and alters placeholders, adds text and lines, or answers nothing; now
    and then it does as it was asked."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def __call__(self, prompt: Prompt) -> list[str]:
        text = prompt.messages[-1].content.partition("\n")[2] if prompt.messages else prompt.prefix
        return [self._rng.choice(_DEEDS)(self._rng, text)]


def _honest(rng: random.Random, text: str) -> str:
    return " ".join(word if _MARK.search(word) else word.upper() for word in text.split(" "))


def _reorders(rng: random.Random, text: str) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


def _drops(rng: random.Random, text: str) -> str:
    return _MARK.sub(lambda match: "" if rng.random() < 0.5 else match[0], text)


def _repeats(rng: random.Random, text: str) -> str:
    return _MARK.sub(lambda match: match[0] * rng.randint(1, 3), text)


def _alters(rng: random.Random, text: str) -> str:
    changed = rng.choice(
        ["[{}]", "⟦{}", "{}⟧", "⟦⟦{}⟧⟧", "⟦ {} ⟧", "<{}>", "⟦{}.0⟧", "⟦x{}⟧", "〚{}〛", "<|m{}>"]
    )
    return _MARK.sub(lambda match: changed.format(re.sub(r"\D", "", match[0])), text)


def _invents(rng: random.Random, text: str) -> str:
    more = rng.choice(
        ["⟦0⟧", "⟦7⟧", "⟦99999999999⟧", "<@1000001>", "@everyone", "https://evil.example", "`rm -rf`", "🎉",
         "**", "```", "||", "👍🏽", "<|m0|>", "[x](https://ex.org/1z)", "\U000f0000", "1.5 km", "/command1x"]
    )  # fmt: skip
    at = rng.randrange(len(text) + 1)
    return text[:at] + more + text[at:]


def _adds(rng: random.Random, text: str) -> str:
    more = rng.choice(
        ["Here is the translation:\n{}", "{}\n\nNote: ⟦0⟧ was kept.", "- {}", "> {}\n> {}", "{} " * 3]
    )
    return more.replace("{}", text)


def _glues(rng: random.Random, text: str) -> str:
    return text.replace(" ", "")


def _nothing(rng: random.Random, text: str) -> str:
    return rng.choice(["", " \n ", "...", "⟦", "\x00", "a" * 5000])


_DEEDS = (_honest, _reorders, _drops, _repeats, _alters, _invents, _adds, _glues, _nothing)
