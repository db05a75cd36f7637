"""A model by its hub id: first start with a hub, later starts without, and refusals in one line."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest

from bot.errors import ModelLoadError
from bot.generation.catalog import ModelChoice, choose, choose_translation
from tests.integration.worker.conftest import environment, until
from tests.integration.worker.fake_hub import FakeHub

FIRST, SECOND = "1" * 40, "2" * 40
HUB_ID = "org/tiny"


def model_files(weights: bytes = b"\0" * 1_500_000) -> dict[str, bytes]:
    tensor = {"w": {"dtype": "U8", "shape": [len(weights)], "data_offsets": [0, len(weights)]}}
    header = json.dumps(tensor).encode()
    return {
        "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
        "tokenizer.json": b"{}",
        "model.safetensors": len(header).to_bytes(8, "little") + header + weights,
        "pytorch_model.bin": b"a pickle",
        "modeling_tiny.py": b"import os",
        "README.md": b"a card",
        "onnx/model.safetensors": b"another format",
        "consolidated.safetensors": b"the same again",
    }


@pytest.fixture
async def hub():
    hub = FakeHub(HUB_ID, {FIRST: model_files()}, {"main": FIRST})
    yield hub
    await hub.stop()


class House:
    """What one installation keeps between two starts."""

    def __init__(self, make_worker, folder: Path, endpoint: str) -> None:
        self.make_worker = make_worker
        self.folder = folder
        self.endpoint = endpoint

    async def start(self, choice: ModelChoice):
        """A worker on this model (the stub engine stands for what loads it)."""
        surroundings = environment(HF_HOME=str(self.folder / "hf"), HF_ENDPOINT=self.endpoint)
        del surroundings["HF_HUB_OFFLINE"]
        return await self.make_worker(
            model=choice, wait=False, environment=surroundings, pins_file=self.folder / "data" / "models.json"
        )

    async def load(self, choice: ModelChoice) -> Path:
        worker = await self.start(choice)
        return Path((await worker.ready()).folder)


def unused_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


async def statuses(worker) -> list[str]:
    """Every status line until the model is ready."""
    seen: list[str] = []
    ready = asyncio.create_task(worker.ready())
    while not ready.done():
        if worker.status not in seen[-1:]:
            seen.append(worker.status)
        await asyncio.sleep(0.01)
    await ready
    return seen


async def test_the_first_start_downloads_and_shows_how_far_it_is(make_worker, tmp_path, hub):
    hub.files = {FIRST: model_files(bytes(25_000_000))}  # the client writes 10 MiB at a time
    hub.chunk_pause_s = 0.06
    house = House(make_worker, tmp_path, await hub.start())
    worker = await house.start(choose(HUB_ID))
    seen = await statuses(worker)
    percents = [
        int(line.split()[-1].rstrip("%")) for line in seen if line.startswith(f"downloading {HUB_ID}, ")
    ]
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert any(0 < percent < 100 for percent in percents)
    folder = Path((await worker.ready()).folder)
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert (folder / "model.safetensors").read_bytes() == hub.files[FIRST]["model.safetensors"]
    assert hub.downloaded() == {"config.json", "model.safetensors", "tokenizer.json"}
    assert hub.authorizations == {""}
    asked = {request.split()[1] for request in hub.requests}
    assert all(path.startswith((f"/api/models/{HUB_ID}", f"/{HUB_ID}/")) for path in asked)  # no telemetry


async def test_the_second_start_needs_no_network(make_worker, tmp_path, hub):
    house = House(make_worker, tmp_path, await hub.start())
    first = await house.load(choose(HUB_ID))
    asked = len(hub.requests)
    assert await house.load(choose(HUB_ID)) == first
    assert len(hub.requests) == asked
    await hub.stop()
    begun = time.perf_counter()
    assert await house.load(choose(HUB_ID)) == first
    assert time.perf_counter() - begun < 10


async def test_the_commit_of_the_first_download_stays_in_use(make_worker, tmp_path, hub):
    house = House(make_worker, tmp_path, await hub.start())
    assert (await house.load(choose(HUB_ID))).name == FIRST
    hub.files = {**hub.files, SECOND: model_files(b"\1" * 10)}
    hub.branches["main"] = SECOND
    assert (await house.load(choose(HUB_ID))).name == FIRST
    assert (await house.load(choose(f"{HUB_ID}@{SECOND}"))).name == SECOND
    assert (await house.load(choose(f"{HUB_ID}@main"))).name == SECOND
    assert json.loads((tmp_path / "data" / "models.json").read_text()) == {
        f"{HUB_ID}@": FIRST,
        f"{HUB_ID}@main": SECOND,
        f"{HUB_ID}@{SECOND}": SECOND,
    }


async def test_an_interrupted_download_is_finished_by_the_next_start(make_worker, tmp_path, hub):
    hub.chunk_pause_s = 0.5
    house = House(make_worker, tmp_path, await hub.start())
    worker = await house.start(choose(HUB_ID))
    await until(lambda: worker.status.startswith("downloading"))
    await worker.close()
    hub.chunk_pause_s = 0
    folder = await house.load(choose(HUB_ID))
    assert (folder / "model.safetensors").read_bytes() == hub.files[FIRST]["model.safetensors"]


@pytest.mark.slow
async def test_a_download_that_breaks_off_says_so(make_worker, tmp_path, hub):
    hub.chunk_pause_s = 0.5
    house = House(make_worker, tmp_path, await hub.start())
    worker = await house.start(choose(HUB_ID))
    await until(lambda: f"GET /{HUB_ID}/resolve/{FIRST}/model.safetensors" in hub.requests)
    await hub.die()
    with pytest.raises(ModelLoadError, match=r"^the download of org/tiny broke off \(.*start again.*$"):
        await worker.ready()


async def test_an_unreachable_hub_is_one_clear_line(make_worker, tmp_path):
    endpoint = unused_address()
    house = House(make_worker, tmp_path, endpoint)
    with pytest.raises(ModelLoadError) as caught:
        await house.load(choose(HUB_ID))
    line = str(caught.value)
    assert "\n" not in line
    for part in (HUB_ID, endpoint, "cannot be reached", "BOT_MODEL=/its/path", "BOT_MODEL=pocket"):
        assert part in line


async def test_a_model_with_pickles_only_is_refused_before_the_download(make_worker, tmp_path, hub):
    hub.files = {FIRST: {"config.json": b"{}", "pytorch_model.bin": b"a pickle", "tokenizer.json": b"{}"}}
    house = House(make_worker, tmp_path, await hub.start())
    with pytest.raises(ModelLoadError, match="no safetensors"):
        await house.load(choose(HUB_ID))
    assert hub.downloaded() == set()


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("org/nothing", "no public model org/nothing"), (f"{HUB_ID}@v9", "has no revision v9")],
)
async def test_what_the_hub_does_not_have(make_worker, tmp_path, hub, setting, complaint):
    house = House(make_worker, tmp_path, await hub.start())
    with pytest.raises(ModelLoadError, match=complaint):
        await house.load(choose(setting))


async def test_a_model_that_others_downloaded_is_used_where_the_hub_is_out_of_reach(
    make_worker, tmp_path, hub
):
    first = await House(make_worker, tmp_path, await hub.start()).load(choose(HUB_ID))
    (tmp_path / "data" / "models.json").unlink()
    (first.parents[1] / "refs").mkdir(exist_ok=True)
    (first.parents[1] / "refs" / "main").write_text(FIRST)
    assert await House(make_worker, tmp_path, unused_address()).load(choose(HUB_ID)) == first


async def test_a_translation_model_comes_with_its_sentencepiece_files(make_worker, tmp_path, hub):
    hub.files = {FIRST: {**model_files(), "source.spm": b"one", "target.spm": b"two"}}
    hub.branches = {"refs/pr/4": FIRST}  # where the hub keeps its own conversions to safetensors
    house = House(make_worker, tmp_path, await hub.start())
    folder = await house.load(choose_translation(f"{HUB_ID}@refs/pr/4"))
    assert {"source.spm", "target.spm", "model.safetensors"} <= {file.name for file in folder.iterdir()}
    assert not (folder / "pytorch_model.bin").exists()


async def test_a_translation_model_that_cannot_be_had_is_named_by_its_own_setting(make_worker, tmp_path):
    house = House(make_worker, tmp_path, unused_address())
    with pytest.raises(ModelLoadError) as caught:
        await house.load(choose_translation(HUB_ID))
    for part in ("set BOT_TRANSLATION_MODEL=/its/path", "leave BOT_TRANSLATION_MODEL empty"):
        assert part in str(caught.value)
