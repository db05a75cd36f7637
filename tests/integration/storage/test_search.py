"""Search: what is found, in which order, where, and that the index follows every change."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Author, Command, ConversationKey
from bot.storage.store import HistoryStore
from bot.storage.words import words_of
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said

THREAD = ConversationKey("discord", "guild", "general", "topic")
ELSEWHERE = (
    ConversationKey("discord", "guild", "random"),
    ConversationKey("discord", "another", "general"),
    ConversationKey("slack", "guild", "general"),
)


async def tell(store: HistoryStore, *texts: str, key: ConversationKey = CHANNEL) -> None:
    await store.import_messages(
        [said(f"m{number}", text, key=key, second=number) for number, text in enumerate(texts)]
    )


async def found(
    store: HistoryStore, query: str, key: ConversationKey = CHANNEL, **limits: object
) -> list[str]:
    return [hit.turn.text for hit in await store.search(key, query, **limits)]  # type: ignore[arg-type]


def check_index(database: Path) -> None:
    """Raise sqlite3.DatabaseError unless the index has exactly what the tables have."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")


# --- what is found -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("rotation", "The ROTATION is on Monday"),
        ("ROTAT", "password rotations"),
        ("cafe", "at the Café du Nord"),
        ("CAFÉ", "a cafe"),
        ("привет", "ПРИВЕТ всем"),
        ("Ελλάδα", "στην ελλαδα"),
        ("数据库", "生产数据库的密码"),
        ("密码", "生产数据库的密码"),
        ("码", "密码"),
        ("密", "密码"),
        ("パス", "パスワードを変更"),
        ("더", "모두 더 빨리"),
        ("ok", "OK"),
        ("x", "ax"),
        ("🎉", "released 🎉"),
        ("👩‍👩‍👧", "my 👩‍👩‍👧"),
        ("C++", "we use c++ here"),
        ("50%", "only 50% left"),
        ("a_b", "the a_b variable"),
        ('say "hi"', 'to say "hi"'),
        ("NEAR", "the near future"),
        ("foo:bar", "a foo:bar pair"),
        ("^start*", "a ^start* token"),
        ("it's", "well, it's fine"),
        ("x" * 500, "y" + "X" * 600),
        ("nul\0inside", "with nul\0inside"),
    ],
)
async def test_a_word_is_found(store: HistoryStore, query: str, text: str) -> None:
    await tell(store, "nothing of the kind", text, "...")
    assert await found(store, query) == [text]


@pytest.mark.parametrize(
    "query",
    ["", " ", "\0", '"', '""', "'", "*", "(", ")", "OR", "AND NOT", "zx OR zy", "-x", ":", "text:x",
     "{text}", "^", "NEAR(a b)", "\ud800", "%", "_", "\\",
     "\U000f0000\U000f0000\U000f0001", "zzz", "zz", "z", "zz zzz"],
)  # fmt: skip
async def test_a_query_is_never_a_formula(store: HistoryStore, query: str) -> None:
    await tell(store, "The quick fish jumps high", "lone \udc80 surrogate", "nul \0 inside")
    assert await found(store, query) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4), data=st.data())
async def test_any_part_of_any_text_is_found(template: Path, texts: list[str], data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(texts))
    start = data.draw(st.integers(0, len(text) - 1))
    query = text[start : data.draw(st.integers(start + 1, len(text)))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(shutil.copy(template, folder))
        store = HistoryStore(f"sqlite+aiosqlite:///{file}")
        await tell(store, *texts)
        hits = await store.search(CHANNEL, query)
        check_index(file)
        await store.close()
    assert bool(hits) == bool(words_of(query))


async def test_a_word_is_not_found_where_only_its_parts_are(store: HistoryStore) -> None:
    await tell(store, "tion and rota, otat tati atio")
    assert await found(store, "rotation") == []


async def test_questions_find_what_shares_their_rare_words(store: HistoryStore) -> None:
    chatter = [f"when did the {name} say so? the build happens to be broken" for name in "abcdefghij" * 3]
    wanted = "Ana here: rotation of the database password is on the first Monday"
    await tell(store, *chatter[:15], wanted, *chatter[15:])
    query = "when did Ana say the database password rotation happens?"
    assert (await found(store, query))[0] == wanted
    assert (await found(store, "数据库 rotation 吗"))[0] == wanted


async def test_questions_in_scripts_without_spaces(store: HistoryStore) -> None:
    await tell(store, "今天天气很好", "密码将在周五更换", "我们去吃饭吧")
    assert (await found(store, "数据库密码什么时候更换？"))[0] == "密码将在周五更换"


async def test_more_words_first_then_rarer_then_newer(store: HistoryStore) -> None:
    await tell(store, "alpha", "beta beta beta", "alpha and beta", "beta", "gamma", "beta")
    assert await found(store, "alpha beta") == ["alpha and beta", "alpha", "beta beta beta", "beta", "beta"]
    hits = await store.search(CHANNEL, "beta")
    assert [hit.turn.message_id for hit in hits if hit.turn.text == "beta"] == ["m5", "m3"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert await found(store, "beta", limit=2) == ["beta beta beta", "beta"]
    assert await found(store, "beta", limit=0) == []


async def test_short_words_of_an_alphabet_count_beside_longer_ones(store: HistoryStore) -> None:
    await tell(store, "the AI summit", "another summit", "an AI")
    assert await found(store, "AI summit") == ["the AI summit", "another summit"]
    assert set(await found(store, "AI")) == {"the AI summit", "an AI"}
    assert set(await found(store, "AI nowhere")) == {"the AI summit", "an AI"}


async def test_all_words_together_are_found_however_common_each_is(store: HistoryStore) -> None:
    both = "database backup"
    await tell(store, both, *["database"] * 1100, *["backup"] * 1100)
    assert (await found(store, "database backup"))[0] == both


# --- where ---------------------------------------------------------------------------------------


async def test_a_channel_with_its_threads_and_nothing_else(store: HistoryStore) -> None:
    await tell(store, "secret in a thread", key=THREAD)
    await tell(store, "secret in the channel")
    for number, key in enumerate(ELSEWHERE):
        await tell(store, f"secret elsewhere {number}", f"密 {number}", key=key)
    expected = {"secret in the channel", "secret in a thread"}
    assert set(await found(store, "secret")) == set(await found(store, "secret", THREAD)) == expected
    assert await found(store, "密") == []
    assert await found(store, "secret", ConversationKey("discord", "guild", "never seen")) == []
    in_thread = next(hit.turn for hit in await store.search(CHANNEL, "thread"))
    assert (in_thread.thread_id, in_thread.message_id) == ("topic", "m0")


async def test_a_text_cannot_pass_for_one_of_another_channel(store: HistoryStore) -> None:
    tokens = "".join(f"\U000f0000\U000f0000{chr(0xF0000 + number)}" for number in range(9))
    await tell(store, f"secret {tokens}", key=ELSEWHERE[0])
    await tell(store, "harmless")
    assert await found(store, "secret") == []


async def test_only_memory_is_found(store: HistoryStore) -> None:
    await store.accept(said("m1", "a secret question"))
    await answer(store, await claimed(store), "a SECRÈT answer", "p1")
    await store.accept(said("c1", "a secret command", second=1, command=Command("help")))
    await answer(store, await claimed(store), "a secret notice", "p2", is_memory=False)
    assert set(await found(store, "secret")) == {"a secret question", "a SECRÈT answer"}


async def test_limits_of_time(store: HistoryStore) -> None:
    await tell(store, "fact 0", "fact 1", "fact 2", "fact 3")
    await store.import_messages([said("t1", "fact in a thread", key=THREAD, second=1.5)])
    assert set(await found(store, "fact", since=at(2))) == {"fact 2", "fact 3"}
    assert set(await found(store, "fact", before_message_id="m2")) == {"fact 0", "fact 1", "fact in a thread"}
    assert set(await found(store, "fact", THREAD, before_message_id="t1")) == {"fact 0", "fact 1"}
    assert len(await found(store, "fact", before_message_id="never seen")) == 5
    assert await found(store, "fact", since=at(1), before_message_id="t1") == ["fact 1"]


# --- the index follows ---------------------------------------------------------------------------


async def test_the_index_follows_every_change(database: Path, store: HistoryStore) -> None:
    await tell(store, "first words", "Zweite Wörter", "third words")
    await store.amend(CHANNEL, "m0", "other wörds", at(9))
    assert await found(store, "first") == []
    assert await found(store, "words") == ["third words", "other wörds"]
    await store.forget(CHANNEL, "m1")
    assert await found(store, "zweite") == []
    await store.accept(said("q1", second=5))
    job = await claimed(store)
    await answer(store, job, "an answer in words", "p1")
    await store.amend(CHANNEL, "p1", "not ours to edit", at(9))
    assert (await found(store, "answer")) == ["an answer in words"]
    await store.reopen(job.reply_id)
    assert await found(store, "answer") == []
    await answer(store, await claimed(store), "a better answer", "p1")
    assert await found(store, "answer") == ["a better answer"]
    check_index(database)
    await store.erase_conversation(CHANNEL)
    assert await found(store, "words answer other") == []
    check_index(database)


async def test_an_own_post_that_came_back_is_found_as_the_answer(database: Path, store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.accept(said("p0", text="half of the ans", is_addressed=False))
    await answer(store, job, "half of the answer, and the rest", "p0")
    assert await found(store, "half") == ["half of the answer, and the rest"]
    check_index(database)


async def test_the_check_of_the_index_sees_a_difference(database: Path, store: HistoryStore) -> None:
    await tell(store, "a text")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER messages_fts_update_new")
    await store.amend(CHANNEL, "m0", "another text", at(9))
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        check_index(database)


def entries(database: Path) -> set[str]:
    """All entries of the index, of every kind."""
    with closing(sqlite3.connect(database)) as connection:
        return {term for (term,) in connection.execute("SELECT term FROM messages_fts_entries")}


async def test_no_trigram_is_left(database: Path, store: HistoryStore) -> None:
    """Of what was forgotten, edited, erased or made again, neither in the index nor in the raw files."""
    other = ELSEWHERE[0]
    for number in range(40):
        await store.accept(said(f"k{number}", f"kept {number}", is_addressed=False))
    await store.accept(said("f1", "Qzforgotten Ñandúforgotten", is_addressed=False))
    await store.accept(said("e1", "Wxedited Ñandúedited", is_addressed=False))
    await store.accept(said("g1", "Vjerased", key=other, is_addressed=False))
    await store.accept(said("q1", "Jkquestion"))
    await answer(store, await claimed(store), "Xkanswer", "p1")
    before = entries(database)
    assert {"qzf", "nan", "wxe", "vje", "jkq", "xka"} <= before
    await store.amend(CHANNEL, "e1", "kept too", at(9))
    await store.erase_conversation(other)
    await store.forget(CHANNEL, "p1")
    await store.forget(CHANNEL, "q1")
    await store.forget(CHANNEL, "f1")
    after = entries(database)
    assert {entry for entry in after if not entry.startswith("\U000f0000")} < {
        *before,
        "t t",
        " to",
        "too",
        "oo\n",
        "o\n\n",
    }
    assert not after & {"qzf", "nan", "wxe", "edi", "vje", "jkq", "xka", "ans", "que"}
    check_index(database)
    raw = b"".join(path.read_bytes() for path in database.parent.iterdir()).lower()
    assert raw.count(b"kept") > 40
    for gone in (b"qzf", b"wxed", b"vjer", b"jkqu", b"xkan", "ñandú".encode(), b"nandu"):
        assert raw.count(gone) == 0, gone


async def test_names_of_authors_are_not_searched(store: HistoryStore) -> None:
    sent = said("m1", "a text")
    await store.import_messages([type(sent)(CHANNEL, "m1", "e", Author("u", "Zoe"), "a text", at(0), False)])
    assert await found(store, "Zoe") == []
