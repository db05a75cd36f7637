"""Wishes in people's own words: what is a command, what is talk, and what free words mean as options."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.commands import command_in, parse_command
from bot.conversation.free_words import read_options
from bot.conversation.lead_ins import read_rest
from bot.conversation.summaries.forms import STYLES
from bot.conversation.tasks import TASKS, task_by_name
from bot.conversation.words import LOCALES, words
from bot.errors import CommandError

DATA = Path(__file__).parents[2] / "data" / "wording"
COMMANDS = [line.rsplit("|", 1) for line in (DATA / "commands.txt").read_text("utf-8").splitlines()]
TALK = (DATA / "talk.txt").read_text("utf-8").splitlines()


def told(text: str) -> str:
    """A command and its options in a line, as the data has them."""
    command = command_in(text)
    assert command is not None, text
    return " ".join([command.name, *sorted(f"{name}={value}" for name, value in command.options.items())])


def options_of(line: str) -> dict[str, str]:
    command = parse_command(line)
    assert command is not None
    return dict(command.options)


def test_clear_wishes_are_commands_in_seven_languages() -> None:
    wrong = {text: told(text) for text, wanted in COMMANDS if sorted(told(text)) != sorted(wanted)}
    assert wrong == {} and len(COMMANDS) > 150


@pytest.mark.parametrize("locale", [*LOCALES, "en"])
def test_every_language_has_words_for_every_wish(locale: str) -> None:
    wording = words(locale).wording
    needed = {
        "summarize",
        "translate",
        "catchup",
        "happened",
        "help",
        "stop",
        "last",
        "hours",
        "days",
        "messages",
    }
    needed |= {"place", "polite", "filler", "this", "public", "private", "visit", "today", *STYLES}
    assert needed <= wording.keys() and all(wording.values())


def test_what_happened_on_a_day_may_be_asked_of_the_world() -> None:
    talk = ["what happened on July 14, 1789?", "what happened on May 5?", "was ist am 9.11. passiert?"]
    assert [text for text in talk if command_in(text)] == []
    assert told("what happened here on May 5?") == "summarize since=5.5."
    assert told("what happened since May 5") == "summarize since=5.5."


def test_ordinary_talk_is_never_a_command() -> None:
    assert [text for text in TALK if command_in(text)] == [] and len(TALK) > 300


@pytest.mark.parametrize(
    "frame",
    [
        *("don't {}", "never {}", "who can {}", "why did you {}", "I will {}", "he said {}", "if you {}"),
        *("warum {}", "wer kann {}", "ich {}", "por qué {}", "quién {}", "pourquoi {}", "je {}", "não {}"),
        *("quem {}", "为什么{}", "不要{}", "我们{}", "なぜ{}", "誰が{}"),
    ],
)
def test_the_same_words_within_other_talk_are_no_commands(frame: str) -> None:
    said = [frame.format(text) for text, _ in COMMANDS[::6]]
    assert [text for text in said if command_in(text)] == []


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("50", {"last": "50"}),
        ("last 50", {"last": "50"}),
        ("the last 2 hours", {"since": "2h"}),
        ("since 9:00", {"since": "9:00"}),
        ("since yesterday at 9pm", {"since": "yesterday 21:00"}),
        ("since I was last here", {"since": "my last message"}),
        ("2026-11-20 in Spanish", {"since": "2026-11-20", "language": "es"}),
        ("#general", {"channel": "#general"}),
        ("<#C1|général> yesterday", {"channel": "<#C1|général>", "since": "yesterday"}),
        ("from https://a.slack.com/archives/C1/p1700000000000100", "from"),
        ("<https://a.slack.com/archives/C1/p1700000000000100>", "from"),
        ("as bullets, public", {"style": "bullets", "show": "all"}),
        ("about the launch", {"about": "the launch"}),
        ('about "in French, since 1900" please', {"about": "in French, since 1900"}),
        (
            "last:20 in Spanish about the Launch Day",
            {"last": "20", "language": "es", "about": "the Launch Day"},
        ),
        ("style:bullets #ops 50", {"style": "bullets", "channel": "#ops", "last": "50"}),
        ("since yesterday since:9:00", {"since": "9:00"}),
        (
            "les 50 derniers messages depuis hier en français",
            {"last": "50", "since": "yesterday", "language": "fr"},
        ),
        ("resumen de #ventas desde ayer", {"channel": "#ventas", "since": "yesterday"}),
        ("desde las 9 en inglés", {"since": "9:00", "language": "en"}),
        ("depuis 9h30 sur la migration", {"since": "9:30", "about": "la migration"}),
        ("seit gestern 9 Uhr in Stichpunkten", {"since": "yesterday 9:00", "style": "bullets"}),
        ("die letzten zwei Stunden auf Englisch", {"since": "2h", "language": "en"}),
        ("as últimas 3 horas só para mim", {"since": "3h", "show": "me"}),
        ("过去两小时 用英语", {"since": "2h", "language": "en"}),
        ("昨日から 英語で 箇条書き", {"since": "yesterday", "language": "en", "style": "bullets"}),
        ("今朝9時から", {"since": "today 9:00"}),
        ("since 20.11.", {"since": "20.11."}),
        ("seit dem 21.11.", {"since": "21.11."}),
        ("since 20/11", {"since": "20.11."}),
        ("since 11/20", {"since": "20.11."}),
        ("since 3/4", {"since": "3/4"}),
        ("seit 20.11. 9 Uhr", {"since": "20.11. 09:00"}),
        ("since 8.9", {"since": "8.9."}),
        ("seit 8.9. um 9", {"since": "8.9. 09:00"}),
        ("seit 9.30 Uhr", {"since": "9:30"}),
        ("desde las 9.10", {"since": "9:10"}),
        ("seit dem 20.", {"since": "20."}),
        ("since 25:99", {"since": "25:99"}),
        ("since 20 November", {"since": "20.11."}),
        ("since Nov 20", {"since": "20.11."}),
        ("seit dem 20. November 2026 in Stichpunkten", {"since": "2026-11-20", "style": "bullets"}),
        ("depuis le 20 novembre à 9h", {"since": "20.11. 09:00"}),
        ("desde el 20 de noviembre a las 9", {"since": "20.11. 09:00"}),
        ("desde 20 de novembro", {"since": "20.11."}),
        ("从11月20日", {"since": "20.11."}),
        ("11月20日9時から", {"since": "20.11. 09:00"}),
        ("since 2026-11-22 21:00", {"since": "2026-11-22 21:00"}),
        ("since 22.11.2026 9:00", {"since": "2026-11-22 09:00"}),
        ("since 21:00 yesterday", {"since": "yesterday 21:00"}),
        ("desde las 21:00 de ayer", {"since": "yesterday 21:00"}),
        ("yesterday at 9", {"since": "yesterday 9:00"}),
        ("昨日の9時から", {"since": "yesterday 9:00"}),
        ("last 24h", {"since": "24h"}),
        ("letzte 24h", {"since": "24h"}),
        ("過去24h", {"since": "24h"}),
    ],
)
def test_free_words_are_options(words: str, options: dict[str, str] | str) -> None:
    if isinstance(options, str):
        options = {options: "https://a.slack.com/archives/C1/p1700000000000100"}
    assert options_of(f"/summarize {words}") == options


def test_other_tasks_take_free_words_too() -> None:
    assert options_of("/catchup #ops in French") == {"channel": "#ops", "language": "fr"}
    assert options_of("/settings speak always") == {"speak": "always"}
    assert options_of("/settings language French") == {"language": "fr"}
    assert options_of("/settings speak wenn man mich ruft flags off") == {"speak": "mention", "flags": "off"}
    assert command_in("summarize this thread style loud") is None


@pytest.mark.parametrize("words", ["haiku", "50 lemons", "since whenever", "in Klingon", "&lt;!channel&gt;"])
def test_what_is_not_understood_is_answered_with_an_example(words: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_command(f"/summarize {words}")
    assert "I do not understand" in caught.value.user_message
    assert "/summarize last:50" in caught.value.user_message


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("/translate to French: Hello there", {"to": "fr", "text": "Hello there"}),
        ("/translate into German, see you: soon", {"to": "de", "text": "see you: soon"}),
        ("/translate al francés", {"to": "fr"}),
        ("/translate this to French please", {"to": "fr"}),
        ("/translate Guten Tag ins Französische", {"to": "fr", "text": "Guten Tag"}),
        ("/translate 早上好 → English", {"to": "en", "text": "早上好"}),
        ("/translate “See you” in Spanish", {"to": "es", "text": "See you"}),
        ("/translate to:fr I learn it in German", {"to": "fr", "text": "I learn it in German"}),
        ("/translate to:fr Spanish", {"to": "fr", "text": "Spanish"}),
        ("/translate to:fr to German: hello", {"to": "fr", "text": "to German: hello"}),
        ("/translate 「おはよう」英語に", {"to": "en", "text": "おはよう"}),
        ("/translate Good morning to:fr", {"to": "fr", "text": "Good morning"}),
        ("/translate Good morning to:français", {"to": "fr", "text": "Good morning"}),
        ("/translate The odds are 3 to:2", {"text": "The odds are 3 to:2"}),
        ("/translate see note to:fro", {"text": "see note to:fro"}),
        ("/translate Good morning to French", {"to": "fr", "text": "Good morning"}),
        ("/translate to:de Good morning to French", {"to": "de", "text": "Good morning to French"}),
        ("/translate I went from English to French", {"text": "I went from English to French"}),
        ("/translate to Klingon: hello", {"to": "Klingon", "text": "hello"}),
        ("/translate to sum up: hello", {"text": "to sum up: hello"}),
        ("/translate to summarize: hello", {"text": "to summarize: hello"}),
        ("/translate I speak French", {"text": "I speak French"}),
        ("/translate He moved to Polish airspace", {"text": "He moved to Polish airspace"}),
        ("/translate She put it into French.", {"text": "She put it into French."}),
        (
            "/search deploy day in #ops since yesterday",
            {"words": "deploy day", "channel": "#ops", "since": "yesterday"},
        ),
        ('/search "since yesterday"', {"words": '"since yesterday"'}),
        ("/search deploy since 20.11.", {"words": "deploy", "since": "20.11."}),
        ("/search deploy since 3/4", {"words": "deploy since 3/4"}),
        ("/search since yesterday", {"words": "since yesterday"}),
        ("/search what we said in 2020", {"words": "what we said in 2020"}),
        ("/write a poem about autumn", {"kind": "poem", "prompt": "a poem about autumn"}),
        ("/write ein Gedicht über den Herbst", {"kind": "poem", "prompt": "ein Gedicht über den Herbst"}),
        ("/write Once upon a time", {"prompt": "Once upon a time"}),
        ("/ask what happened since yesterday?", {"question": "what happened since yesterday?"}),
    ],
)
def test_texts_that_a_task_takes_whole_stay_whole(line: str, options: dict[str, str]) -> None:
    assert options_of(line) == options


WORDS = st.sampled_from(
    [
        *(
            "the",
            "last",
            "50",
            "2",
            "hours",
            "since",
            "yesterday",
            "in",
            "French",
            "about",
            "to",
            "into",
            "->",
        ),
        *(":", "#", "<#C1|x>", "https://a.org/1", '"', "“", "”", "seit", "ins", "hier", "从", "から", "今日"),
        *("9:00", "9h", "public", "me", "bullets", "\0", "\n", "🇫🇷", "ß", "ﬁ", "é", "translate", "summarize"),
    ]
)
LINES = st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=14).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(LINES)
def test_no_words_are_an_error(text: str) -> None:
    command_in(text)
    for task in TASKS:
        if any(option.is_rest for option in task.options):
            _, rest = read_rest(task, text)
            assert rest in text or rest == rest.strip()
        else:
            read_options(task, text)


@settings(deadline=None, max_examples=40)
@given(LINES)
def test_of_a_text_only_its_ends_are_taken(text: str) -> None:
    for name in ("translate", "search", "write", "ask"):
        task = task_by_name(name)
        assert task is not None
        options, rest = read_rest(task, text)
        assert rest in text
        assert rest == text or options or rest == text.strip()
