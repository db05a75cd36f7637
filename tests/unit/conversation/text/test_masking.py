"""Masking: what must survive is taken out whole, and comes back once, in its place, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.text.layout import parts_of, words_of
from bot.conversation.text.masking import PLACEHOLDER, Masked, mask

KEPT = [
    "<@U1>",
    "<@!42>",
    "<@&7>",
    "<#C1|general>",
    "<!subteam^S1|ops>",
    "<!here>",
    "<t:1790000000:R>",
    "</summarize:123>",
    "<:party:123>",
    "<a:wave:9>",
    ":tada:",
    ":+1::skin-tone-2:",
    "👍🏽",
    "👨‍👩‍👧‍👦",
    "🇫🇷",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "1️⃣",
    "❤️",
    ":-)",
    "https://example.org/a_(b)?q=1",
    "<https://example.org|site>",
    "www.example.org",
    "example.org/page",
    "me@example.org",
    "`rm -rf`",
    "``a ` b``",
    "@alice",
    "@alice.b-c",
    "#general",
    "/summarize",
    "--force",
    "snake_case_2",
    "report_v2.pdf",
    "./a/b.py",
    "/usr/local/bin",
    "src/main.rs",
    "~/notes",
    r"C:\x\y.txt",
    "5 km",
    "3.50 €",
    "$1,000.50",
    "45%",
    "20 °C",
    "16GB",
    "5-10 kg",
    "v1.2.3-rc1",
    "3.11.4",
    "10:30 am",
    "5 p.m.",
    "2026-11-23T10:00:00Z",
    "23.11.2026",
    "#123",
    "$HOME/bin",
    "${VAR}/x",
    r"%APPDATA%\x",
    "<script>",
    "</b>",
    '<a href="x">',
    "<br/>",
    "⟦",
    "<|end|>",
    "\U000f0003",
]


@given(
    st.lists(
        st.sampled_from([*KEPT, "Hello ", "world. ", "\n", " ", "a < b ", "`", "⟧", "**", "|", "- "])
    ).map("".join)
)
def test_the_parts_of_a_message_are_the_message(text: str) -> None:
    parts = list(parts_of(text))
    assert "".join(part.restored() if isinstance(part, Masked) else part for part in parts) == text


@pytest.mark.parametrize("kept", KEPT)
def test_each_kind_is_taken_out_whole(kept: str) -> None:
    masked = mask(f"Say {kept} now")
    assert [taken.original for taken in masked.masks] == [kept]
    assert masked.shown(PLACEHOLDER) == "Say ⟦0⟧ now"
    assert masked.shown(None) == f"Say {kept} now"


@pytest.mark.parametrize(
    "text",
    ["5 apples", "a < b > c", "C: drive", "3 * 4", "and/or", "e.g. this", "2 in 1", "it's 7"],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask(text).masks == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Bold** and __this__", "⟦0⟧Bold⟦1⟧ and ⟦2⟧this⟦3⟧"),
        ("*a* _b_ ~~c~~ ||d||", "⟦0⟧a⟦1⟧ ⟦2⟧b⟦3⟧ ⟦4⟧c⟦5⟧ ⟦6⟧d⟦7⟧"),
        ("see [the page](https://a.b/c) now", "see ⟦0⟧the page⟦1⟧ now"),
        ("![a cat](cat.png)", "⟦0⟧a cat⟦1⟧"),
    ],
)
def test_the_marks_of_markdown_are_taken_out_and_what_they_mark_is_not(text: str, shown: str) -> None:
    assert mask(text).shown(PLACEHOLDER) == shown


@pytest.mark.parametrize(
    "answer",
    [
        "Dis maintenant",
        "⟦0⟧ dis ⟦0⟧",
        "dis ⟦1⟧",
        "dis ⟦0⟧ ⟦7⟧",
        "dis ⟦0⟧ ⟦",
        "dis ⟦0⟧ \U000f0000",
        "⟦0⟧",
        "dis ⟦0⟧ https://evil.example",
        "dis ⟦0⟧ à <@999>",
        "dis ⟦0⟧ `ls`",
        "dis `⟦0⟧",
        "dis **⟦0⟧**",
        "dis ⟦0⟧ 🎉",
        "- dis ⟦0⟧",
        "dis ⟦0⟧ " + "et encore " * 100,
        "",
    ],
)
def test_what_was_lost_doubled_invented_or_added_is_noticed(answer: str) -> None:
    assert mask("Say :tada: now").read(answer, PLACEHOLDER) is None


def test_order_may_change_but_not_the_nesting_of_marks() -> None:
    masked = mask("Look **here** at <@1>")
    skeleton = masked.read("⟦2⟧ regarde ⟦0⟧ici⟦1⟧", PLACEHOLDER)
    assert skeleton is not None and masked.restored(skeleton) == "<@1> regarde **ici**"
    assert masked.read("⟦1⟧ici⟦0⟧ ⟦2⟧", PLACEHOLDER) is None


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It is **very** big", "C'est ⟦0⟧ très ⟦1⟧ grand", "C'est **très** grand"),
        ("Go to https://a.b now", "Va à⟦0⟧maintenant", "Va à https://a.b maintenant"),
        ("Go to https://a.b now", "现在去⟦0⟧吧", "现在去https://a.b 吧"),
        ("It is 5 km, <@1>", "⟦1⟧, c'est ⟦0⟧.", "<@1>, c'est 5 km."),
    ],
)
def test_what_is_put_back_touches_no_letter(text: str, answer: str, expected: str) -> None:
    masked = mask(text)
    skeleton = masked.read(answer, PLACEHOLDER)
    assert skeleton is not None and masked.restored(masked.tidied(skeleton)) == expected


def test_amounts_may_be_shown_and_must_come_back() -> None:
    masked = mask("It is 5 km and 3.50 €")
    assert masked.is_soft and masked.shown(None) == "It is 5 km and 3.50 €"
    skeleton = masked.read("Ça fait 3.50 € et 5 km", None)
    assert skeleton is not None and masked.restored(skeleton) == "Ça fait 3.50 € et 5 km"
    assert masked.read("Ça fait 3,50 € et 5 km", None) is None
    assert mask("Meet at noon").read("On se voit à 12:00", None) is not None


def test_numbers_are_taken_out_where_a_model_cannot_be_trusted_with_them() -> None:
    masked = mask("Call me on 63 77 in room Q3, Thursday 26 November", is_strict=True)
    assert masked.shown(PLACEHOLDER) == "Call me on ⟦0⟧ ⟦1⟧ in room ⟦2⟧, Thursday ⟦3⟧ November"
    assert mask("Call me on 63 77").masks == ()
    assert masked.is_soft
    told = masked.read("Appelle le 63 77, salle Q3, jeudi 26 novembre", None)
    assert told is not None and masked.restored(told) == "Appelle le 63 77, salle Q3, jeudi 26 novembre"
    for wrong in ("le 63, salle Q3, jeudi 26", "le 63 77, salle Q3, jeudi 26 à 6 h", "63 77 77 Q3 26"):
        assert masked.read(wrong, None) is None
    assert masked.read("⟦0⟧ ⟦1⟧ ⟦2⟧ ⟦3⟧ à 6 heures", PLACEHOLDER) is None


def test_the_digits_outside_the_masks_are_compared() -> None:
    masked = mask("The 1st of 12 people")
    assert masked.has_same_numbers("Le 1er de 12 personnes") and masked.has_same_numbers("第1 ١٢")
    assert not masked.has_same_numbers("Le premier de 12") and not masked.has_same_numbers("1 12 12")


def test_tags_keep_their_order() -> None:
    masked = mask("a <b>big</b> house")
    assert masked.read("une ⟦0⟧grande⟦1⟧ maison", PLACEHOLDER) is not None
    assert masked.read("une ⟦1⟧grande⟦0⟧ maison", PLACEHOLDER) is None


def test_another_placeholder_is_read_as_strictly() -> None:
    masked = mask("Say :tada: now")
    assert masked.shown("<|m{n}|>") == "Say <|m0|> now"
    assert masked.read("dis <|m0|>", "<|m{n}|>") is not None
    assert masked.read("dis <|m0|> <|m", "<|m{n}|>") is None
    assert masked.read("dis ⟦0⟧", "<|m{n}|>") is None


def test_sentences_leave_what_stands_around_them() -> None:
    text = (
        "# The title\n"
        "> 1. Hi <@1>, look. 👍 Is it good?\n"
        "- [ ] **All of it.**\n"
        "| a | `x|y` b |\n"
        "|---|---|\n"
        "```py\nprint('words')\n```\n"
        "Dr. Lee has e.g. one. The end."
    )
    shown = [part.shown(PLACEHOLDER) for part in parts_of(text) if isinstance(part, Masked)]
    assert shown == [
        "The title",
        "Hi ⟦0⟧, look.",
        "Is it good?",
        "All of it.",
        "a",
        "⟦0⟧ b",
        "Dr. Lee has e.g. one.",
        "The end.",
    ]
    assert "print" not in words_of(text) and "The title" in words_of(text)


def test_an_open_code_block_is_code_to_its_end() -> None:
    parts = list(parts_of("See:\n```\nthis is code\nand this"))
    assert parts[-1] == "```\nthis is code\nand this"
