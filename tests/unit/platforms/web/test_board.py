import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import StorageError
from bot.platforms.web.board import PAGE_CHARS, PAGE_MESSAGES, Board
from bot.platforms.web.notes import Channel, Note, Person

NOTE = Note("m-1", "general", None, "alice", "Alice", "hi", 1000)


@pytest_asyncio.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    board = Board(tmp_path / "board.sqlite3")
    await board.add_channel(Channel("general", "general", "channel"))
    yield board
    await board.close()


async def test_a_message_is_kept_once(board: Board):
    assert await board.add(NOTE)
    assert not await board.add(replace(NOTE, text="again"))
    kept = await board.get("m-1")
    assert kept is not None
    assert replace(kept, seq=0) == NOTE


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800 alone", "\u202eright to left", "😀" * 9, "e" + "\u0301" * 500]
)
async def test_any_text_comes_back_as_it_was(board: Board, text: str):
    await board.add(replace(NOTE, text=text, author_name=text))
    kept = await board.get("m-1")
    assert kept is not None
    assert (kept.text, kept.author_name) == (text, text)


async def test_pages_go_back_to_the_beginning_without_gap_or_repeat(board: Board):
    await board.add_all(replace(NOTE, id=f"m-{n}", text=str(n)) for n in range(2 * PAGE_MESSAGES + 5))
    texts: list[str] = []
    before, has_more = None, True
    while has_more:
        page, has_more = await board.page("general", None, before)
        texts = [note.text for note in page] + texts
        before = page[0].seq
    assert texts == [str(n) for n in range(2 * PAGE_MESSAGES + 5)]


async def test_a_page_of_long_messages_ends_early(board: Board):
    await board.add_all(replace(NOTE, id=f"m-{n}", text="x" * (PAGE_CHARS // 2 + 1)) for n in range(3))
    page, has_more = await board.page("general", None, None)
    assert ([note.id for note in page], has_more) == (["m-2"], True)


async def test_a_thread_begins_with_its_root_and_is_counted_there(board: Board):
    await board.add(NOTE)
    await board.add(replace(NOTE, id="m-2", thread="m-1"))
    await board.add(replace(NOTE, id="m-3"))
    channel, _ = await board.page("general", None, None)
    thread, _ = await board.page("general", "m-1", None)
    assert [(note.id, note.thread_replies) for note in channel] == [("m-1", 1), ("m-3", 0)]
    assert [note.id for note in thread] == ["m-1", "m-2"]


async def test_a_deleted_message_leaves_no_text_and_its_late_copy_stays_out(board: Board, tmp_path: Path):
    secret = "the canary sings at noon"
    await board.add(replace(NOTE, text=secret))
    assert await board.erase("m-1")
    assert not await board.add(replace(NOTE, text=secret))
    assert not await board.set_text("m-1", secret, 5)
    assert await board.page("general", None, None) == ([], False)
    assert not [path for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()]


async def test_a_deleted_root_stays_above_its_thread(board: Board):
    await board.add(NOTE)
    await board.add(replace(NOTE, id="m-2", thread="m-1"))
    await board.erase("m-1")
    page, _ = await board.page("general", None, None)
    assert [(note.id, note.text, note.author_name, note.is_deleted) for note in page] == [
        ("m-1", "", "", True)
    ]


async def test_an_edit_is_marked_and_a_stream_is_not(board: Board):
    await board.add(NOTE)
    await board.set_text("m-1", "streamed", None)
    streamed = await board.get("m-1")
    await board.set_text("m-1", "edited", 7)
    edited = await board.get("m-1")
    assert streamed is not None
    assert edited is not None
    assert (streamed.edited_ms, edited.edited_ms, edited.text) == (None, 7, "edited")


async def test_a_nonce_makes_one_message(board: Board):
    assert await board.add(replace(NOTE, nonce="7-0"))
    assert not await board.add(replace(NOTE, id="m-2", nonce="7-0"))
    found = await board.by_nonce("7-0")
    assert found is not None
    assert found.id == "m-1"


async def test_the_bot_is_in_a_thread_that_it_wrote_in_or_was_called_into(board: Board):
    await board.add(NOTE)
    await board.add(replace(NOTE, id="m-2", thread="m-1"))
    assert not await board.is_bot_in_thread("general", "m-1")
    await board.add(replace(NOTE, id="m-3", thread="m-1", is_addressed=True))
    assert await board.is_bot_in_thread("general", "m-1")
    await board.add(replace(NOTE, id="m-4", is_bot=True))
    assert await board.is_bot_in_thread("general", "m-4")


async def test_channels_and_people_keep_their_order(board: Board):
    for name in ("zoo", "attic"):
        assert await board.add_channel(Channel(name, name, "channel"))
        assert await board.add_person(Person(name, name))
    assert not await board.add_channel(Channel("zoo", "other", "channel"))
    assert [channel.name for channel in await board.channels()] == ["general", "zoo", "attic"]
    assert [person.name for person in await board.people()] == ["zoo", "attic"]


async def test_a_refused_write_takes_no_other_with_it(board: Board, tmp_path: Path):
    await board.channels()
    with closing(sqlite3.connect(tmp_path / "board.sqlite3")) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.id = 'm-13' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    outcomes = await asyncio.gather(
        *(board.add(replace(NOTE, id=f"m-{number}")) for number in range(30)), return_exceptions=True
    )
    assert [number for number, outcome in enumerate(outcomes) if outcome is not True] == [13]
    assert isinstance(outcomes[13], StorageError)
    await board.close()
    again = Board(tmp_path / "board.sqlite3")
    assert len((await again.page("general", None, None))[0]) == 29
    await again.close()


async def test_a_file_that_is_no_database_is_a_storage_error(tmp_path: Path):
    path = tmp_path / "board.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    board = Board(path)
    with pytest.raises(StorageError):
        await board.channels()
    await board.close()


async def test_a_closed_board_stays_closed(board: Board):
    await board.channels()
    await board.close()
    with pytest.raises(StorageError):
        await board.channels()


async def test_a_removed_channel_leaves_nothing_and_takes_nothing(board: Board, tmp_path: Path):
    await board.add_channel(Channel("attic", "attic", "channel"))
    kept, gone = replace(NOTE, id="m-2", text="to be kept"), replace(NOTE, channel="attic", text="to be gone")
    assert await board.add(kept)
    assert await board.add(gone)
    await board.remove_channel("attic")
    assert [channel.id for channel in await board.channels()] == ["general"]
    assert await board.get("m-1") is None
    assert await board.get("m-2") is not None
    assert not await board.add(gone)
    await board.add_all([gone])
    assert await board.get("m-1") is None
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"to be kept" in files
    assert b"to be gone" not in files
