"""What is quoted: decisions over chatter, questions with answers, nothing twice, in any language."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.text.choosing import choose, kind_of, matching, relevant
from bot.conversation.text.features import features, scene
from bot.conversation.text.kinds import kind_of_text
from bot.conversation.text.selector import load_selector
from bot.conversation.text.units import units
from bot.messages import Author, Turn
from tests.support import NOON

TALK = [
    "Ana: hi all",
    "Bo: morning!",
    "Ana: Should we move the release of the mobile app to Thursday? The payment tests are still failing.",
    "Bo: lol",
    "Cy: The payment tests fail because the sandbox certificate expired, I asked the bank for a new one.",
    "Bo: ok",
    "Ana: nice weather today",
    "Ana: We agreed: the mobile app release moves to Thursday, and Dana fixes the payment tests before that.",
    "Bo: 👍",
    "Cy: We agreed: the mobile app release moves to Thursday, and Dana fixes the payment tests before that.",
    "Ana: thanks everyone",
]
SPANISH = [
    "Ana: hola a todos",
    "Luis: buenas",
    "Ana: ¿Cuándo sale la nueva versión de la aplicación? Los clientes preguntan cada día.",
    "Luis: jaja",
    "Luis: Creo que el viernes, pero los pagos todavía fallan en el servidor de pruebas.",
    "Eva: Decidimos publicar la aplicación el lunes y Luis arregla los pagos antes.",
    "Ana: vale gracias",
]
CHINESE = [
    "王: 大家好",
    "李: 早",
    "王: 新版本什么时候发布？客户每天都在问。",
    "李: 哈哈",
    "李: 我觉得星期五可以，但是支付测试还没有通过。",
    "张: 我们决定星期一发布新版本，李之前完成支付的修复。",
    "王: 好的谢谢",
]


def said(*lines: str) -> list[Turn]:
    found = []
    for number, text in enumerate(lines):
        name, _, rest = text.partition(": ")
        found.append(Turn("user", rest, Author(name, name), NOON, str(number)))
    return found


def test_what_matters_is_chosen_once_and_in_order() -> None:
    chosen = [choice.index for choice in choose(said(*TALK), 3)]
    assert chosen == sorted(chosen) and set(chosen) & {7, 9} and not {7, 9} <= set(chosen)
    assert set(chosen) <= {2, 4, 7, 9}


def test_chatter_does_not_fill_up_the_quotes() -> None:
    assert {choice.index for choice in choose(said(*TALK), 9)} <= {2, 4, 6, 7, 9}


def test_few_or_empty_messages_give_few_or_no_quotes() -> None:
    assert choose([], 5) == [] == choose([], None)
    assert choose(said("Ana: ", "Bo:   "), 5) == []
    assert [choice.index for choice in choose(said("Ana: ok", "Bo: 👍"), 5)] == [0, 1]


@pytest.mark.parametrize("talk", [TALK, SPANISH, CHINESE])
def test_a_question_brings_its_answer_and_a_decision_is_marked(talk: list[str]) -> None:
    chosen = {choice.index: choice for choice in choose(said(*talk), 3)}
    assert chosen[2].kind == "question" and chosen[4].kind == "answer" and chosen[4].answers == 2
    assert "decision" in {choice.kind for choice in chosen.values()}


def test_an_answer_far_away_is_known_by_its_reply() -> None:
    filler = [f"Bo: The {thing} in the kitchen is old and noisy" for thing in ("fridge", "kettle", "oven")]
    turns = said(TALK[2], *filler, *TALK[4:8])
    answer = Turn("user", "No, Thursday is a bank holiday", Author("Di", "Di"), NOON, "late", reply_to="0")
    chosen = choose([*turns, answer], 4)
    assert [choice.answers for choice in chosen if choice.index == len(turns)] == [0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We decided to use Postgres", "decision"),
        ("Decidimos usar Postgres", "decision"),
        ("On a décidé de prendre Postgres", "decision"),
        ("Wir haben beschlossen, Postgres zu nehmen", "decision"),
        ("Ficou decidido usar Postgres", "decision"),
        ("我们决定用这个", "decision"),
        ("これに決めました", "decision"),
        ("I'll send the report tonight", "action"),
        ("Can you please review it by Friday?", "action"),
        ("Yo me encargo de la factura", "action"),
        ("Je m'en occupe", "action"),
        ("Ich kümmere mich darum", "action"),
        ("Eu cuido disso", "action"),
        ("金曜日までにやります", "action"),
        ("Who has the key?", "question"),
        ("誰ですか", "question"),
        ("see https://example.org/plan", "link"),
        ("The weather is fine", "statement"),
        ("Did we decide anything?", "question"),
        ("OK, decided: we ship 2.4 on Thursday 26 November", "decision"),
        ("Decided: the codeword is new and Bob owns it by 3 December", "decision"),
        ("So Lisbon it is, 12 to 14 March", "decision"),
        ("I do not know what it is.", "statement"),
        ("Yes it is.", "statement"),
        ("We will NOT upgrade Postgres to 17", "decision"),
        ("We have not decided yet", "statement"),
        ("Abgemacht, wir treffen uns in Wien", "decision"),
        ("Decidido: vamos a Lisboa", "decision"),
        ("C'est décidé : on part à Lisbonne", "decision"),
        ("Das ist jetzt entschieden", "decision"),
        ("敲定了，就用这个", "decision"),
        ("Yes, I will pay it tomorrow", "action"),
        ("I'll deploy at 17:00", "action"),
        ("It must be paid by 30 November", "action"),
        ("Alice, please update the wiki until Friday", "action"),
        ("Bob macht die Migration bis zum 10. Dezember", "action"),
        ("When is the deadline for the tax form?", "question"),
        ("Can you help me find something fun to do?", "question"),
        ("I am looking for something to do", "statement"),
        ("I want to find something fun to do", "statement"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert kind_of(said(f"Ana: {text}")[0]) == kind


def test_of_a_long_message_the_best_sentences_are_quoted() -> None:
    filler = " ".join(
        f"Then somebody went to the {place} and came back." for place in ("shop", "park", "lake")
    )
    decision = "We decided to move the release of the mobile app to Thursday because payment tests fail."
    turns = said(f"Ana: {filler} {decision} {filler}", "Bo: Is the release of the mobile app on Thursday?")
    quoted = [turns[choice.index].text[choice.begin : choice.end] for choice in choose(turns, 2)]
    assert decision in quoted and len(quoted) == 2


def test_neighbouring_sentences_of_a_message_are_one_choice() -> None:
    text = (
        "The first release of the mobile app is on Thursday. The second release of the web app is on Monday."
    )
    choices = choose(said(f"Ana: {text} The third release is a surprise for all customers."), 8)
    assert [(choice.index, choice.begin) for choice in choices] == [(0, 0)]


def test_only_what_is_relevant_is_chosen() -> None:
    turns = said(*TALK, "Bo: The cat of my neighbour sleeps on the roof again", "Cy: That cat is very old")
    assert relevant(turns, "neighbour's cat") == [11, 12]
    assert {choice.index for choice in choose(turns, 5, "cat")} <= {11, 12}
    assert choose(turns, 5, "zebra") == []
    assert relevant(turns, "please summarise this") == list(range(len(turns)))


def test_a_topic_is_found_in_every_form_but_not_in_words_that_only_begin_alike() -> None:
    turns = said(
        "Ana: Two batteries are empty", "Bo: They were battering the door", "Cy: I can't come on Monday"
    )
    reply = replace(turns[2], message_id="9", reply_to="0")
    assert matching([*turns, reply], "battery") == [0]
    assert relevant([*turns, reply], "about battery") == [0, 3]
    assert matching(said("Ana: Die Küchen sind neu"), "Küche") == [0]


def test_the_end_of_a_very_long_message_is_read() -> None:
    text = "The old kettle in the kitchen is noisy again. " * 1000
    turns = said(f"Ana: {text}We decided to buy Rust books for everybody.", "Bo: ok")
    assert "Rust" in units(turns)[-2].text and kind_of_text(units(turns)[-2].text) == "decision"


def test_a_question_leaves_nothing_out() -> None:
    assert choose(said(*TALK), 3, "What hindered them in shipping?")


def test_as_many_as_a_summary_has_are_wished_for() -> None:
    turns = said(*TALK)
    assert 1 <= len(choose(turns, None)) <= 4
    assert len(choose(turns[:1] * 40, None)) == 1


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=60), st.none() | st.integers(1, 8), st.text(max_size=20))
def test_any_messages_give_valid_places(texts: list[str], count: int | None, about: str) -> None:
    turns = [Turn("user", text, Author(str(at % 3), "x"), NOON, str(at)) for at, text in enumerate(texts)]
    choices = choose(turns, count, about)
    assert len(choices) <= (count or 12)
    places = [(choice.index, choice.begin) for choice in choices]
    assert places == sorted(set(places))
    for choice in choices:
        assert 0 <= choice.begin < (choice.end or 0) <= len(texts[choice.index])
        assert choice.answers is None or choice.answers < choice.index


def test_ten_thousand_messages_take_seconds_and_the_same_comes_out_again() -> None:
    turns = said(
        *(
            f"P{number % 7}: The plan for part {number % 97} of project {number % 13} is step {number}"
            for number in range(10_000)
        )
    )
    start = time.process_time()
    first = choose(turns, 8)
    assert len(first) == 8 and time.process_time() - start < 4.0
    assert choose(turns, 8) == first


def test_the_weights_fit_the_features() -> None:
    turns = said(*TALK)
    spans = units(turns)
    row = features(scene(turns, spans, ""), [0], [{}])[0]
    assert len(row) == len(load_selector().means)
    judged = load_selector().judge(row, spans[0].tokens)
    assert 0 <= judged.chosen <= 1


def test_only_the_name_of_the_author_may_differ() -> None:
    turns = said(*TALK)
    renamed = [replace(turn, author=turn.author and Author(turn.author.id, "Somebody")) for turn in turns]
    assert [choice.index for choice in choose(turns, 3)] == [choice.index for choice in choose(renamed, 3)]
