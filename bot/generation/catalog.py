"""Which model to run: what `BOT_MODEL` means, and which models this machine has.

Torch-free and quick to import. Decides by what files say, loads nothing and opens no
connection; a model that is not here yet is fetched by the engine's process (`hub`).

What `auto` takes, by these rules:

1. Candidates are the models already here: in the Hugging Face cache and in the models folder.
2. A candidate is a causal language model in safetensors, of a type that transformers knows, with a
   tokenizer and a chat template. A base model is never taken: it must hold a dialogue. Quantized ones
   need further packages: never.
3. It must fit: the weights' bytes x 1.25 and 1 GiB for the rest must be free, on the GPU where
   there is one that torch can use, else in main memory.
4. Without a GPU it has at most 4 billion parameters: a larger one writes slower than people read.
5. The largest one left is taken; among equals the newest. With none left, the bundled model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import ConfigError
from bot.generation import pocket
from bot.generation.folders import ModelFolder, read_folder
from bot.generation.memory import Memory, available_memory

POCKET: Final = "pocket"
TRANSLATION: Final = "BOT_TRANSLATION_MODEL"
POCKET_FOLDER: Final = pocket.FOLDER

MEMORY_OVERHEAD: Final = 1.25
MEMORY_RESERVE_BYTES: Final = 1024**3
MAX_CPU_PARAMETERS: Final = 4_000_000_000

_HUB_ID: Final = re.compile(r"(?P<id>[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?)(@(?P<revision>[\w./-]+))?")
_SNAPSHOT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model to run: a folder that is here, or a hub id (and revision) to be fetched.

    `name` is what people see, `reason` one phrase for the log, `variable` the setting that names it.
    """

    name: str
    folder: Path | None
    hub_id: str | None
    revision: str | None
    reason: str
    variable: str = "BOT_MODEL"


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model on this machine. `fits` says whether `auto` may take it, `reason` why not (or why).
    `is_seq2seq`: an encoder-decoder, for BOT_TRANSLATION_MODEL; then `fits` says whether there is room."""

    name: str
    folder: Path
    parameters: int
    bytes: int
    architecture: str
    has_chat_template: bool
    fits: bool
    reason: str
    is_seq2seq: bool = False


def default_hub_cache(environment: Mapping[str, str]) -> Path:
    """Where the Hugging Face libraries keep models, by their own variables (HF_HUB_CACHE, HF_HOME)."""
    if "HF_HUB_CACHE" in environment:
        return Path(environment["HF_HUB_CACHE"]).expanduser()
    base = environment.get("HF_HOME") or environment.get("XDG_CACHE_HOME", "~/.cache") + "/huggingface"
    return Path(base).expanduser() / "hub"


def choose(
    setting: str,
    *,
    revision: str | None = None,
    models_dir: Path | None = None,
    hub_cache: Path | None = None,
    device: str = "auto",
    memory: Memory | None = None,
) -> ModelChoice:
    """The model that the setting `BOT_MODEL` names.

    `setting` is `auto`, `pocket`, a folder, or a hub id with an optional `@revision`; `revision`
    (`BOT_MODEL_REVISION`) says the same in a setting of its own. `memory` None measures it, when `auto`
    needs to know. Raises ConfigError when the setting is wrong or its folder cannot be used.
    """
    setting = setting.strip()
    if setting == POCKET:
        return _pocket("set by BOT_MODEL")
    if setting in ("auto", ""):
        return _best(models_dir, hub_cache, memory or available_memory(device))
    if (folder := _named_folder(setting, models_dir)) is not None:
        return _from_folder("BOT_MODEL", setting, folder)
    return _from_hub("BOT_MODEL", setting, revision)


def choose_translation(setting: str, *, models_dir: Path | None = None) -> ModelChoice:
    """The translation model that the setting `BOT_TRANSLATION_MODEL` names: a folder, or a hub id with an
    optional `@revision`. Raises ConfigError when the setting is wrong or its folder cannot be used."""
    setting = setting.strip()
    folder = _named_folder(setting, models_dir)
    if folder is None:
        return _from_hub(TRANSLATION, setting, None)
    choice = _from_folder(TRANSLATION, setting, folder)
    found = read_folder(folder)
    if not found.is_seq2seq:
        raise ConfigError(
            f"{TRANSLATION}={setting}: {found.architecture or 'its architecture'} is no encoder-decoder; "
            "name a translation model, such as a Marian, M2M100, NLLB, mBART or T5 one"
        )
    return choice


def why_no_room(folder: Path, memory: Memory) -> str | None:
    """Why the model in `folder` does not fit into what is free, or None."""
    return _no_room(read_folder(folder), memory)


def found_models(
    *,
    models_dir: Path | None = None,
    hub_cache: Path | None = None,
    device: str = "auto",
    memory: Memory | None = None,
) -> list[FoundModel]:
    """Every model on this machine, best first, as `auto` sees it; the bundled one stands last."""
    memory = memory or available_memory(device)
    rows = [_judge(name, read_folder(folder), memory) for name, folder in _folders(models_dir, hub_cache)]
    rows.sort(key=lambda row: row[1], reverse=True)
    bundled = read_folder(POCKET_FOLDER)
    last = _row(POCKET, bundled, fits=bundled.problem is None, reason=bundled.problem or "comes with Parley")
    return [row for row, _ in rows] + [last]


def _pocket(reason: str) -> ModelChoice:
    return ModelChoice(POCKET, POCKET_FOLDER, None, None, reason)


def _best(models_dir: Path | None, hub_cache: Path | None, memory: Memory) -> ModelChoice:
    found = found_models(models_dir=models_dir, hub_cache=hub_cache, memory=memory)
    best = next(model for model in found if not model.is_seq2seq)
    if best.folder == POCKET_FOLDER:  # it stands last, so it is the only one
        return _pocket("no other model was found on this machine")
    if not best.fits:
        return _pocket("no other model here fits")
    return ModelChoice(best.name, best.folder, None, None, "the largest chat model here that fits")


def _named_folder(setting: str, models_dir: Path | None) -> Path | None:
    """The folder that `setting` names: a path, or a name in the models folder; None for a hub id."""
    path = Path(setting).expanduser()
    is_path = setting.startswith(("/", "./", "../", "~")) or setting.partition("@")[0].count("/") > 1
    if is_path or path.is_dir():
        return path
    if models_dir is not None and (models_dir / setting).is_dir():
        return models_dir / setting
    return None


def _from_folder(variable: str, setting: str, folder: Path) -> ModelChoice:
    found = read_folder(folder)
    if found.problem is not None:
        others = "or a hub id" if variable == TRANSLATION else "a hub id such as gpt2, or pocket"
        raise ConfigError(
            f"{variable}={setting}: {found.problem}; name a folder with config.json, *.safetensors "
            f"and a tokenizer, {others}"
        )
    name = folder.resolve().name
    return ModelChoice(name, folder.resolve(), None, None, f"set by {variable}", variable)


def _from_hub(variable: str, setting: str, revision: str | None) -> ModelChoice:
    match = _HUB_ID.fullmatch(setting)
    if match is None or ".." in setting:
        words = "" if variable == TRANSLATION else "auto, pocket, "
        raise ConfigError(
            f"{variable}={setting}: neither a folder nor a hub id; write {words}a folder such as "
            "/models/gpt2, or a hub id such as org/name or org/name@revision"
        )
    wanted = match["revision"] or revision or None
    return ModelChoice(match["id"], None, match["id"], wanted, f"set by {variable}", variable)


def _folders(models_dir: Path | None, hub_cache: Path | None) -> Iterator[tuple[str, Path]]:
    """Names and folders of what may be models: `models_dir/*`, `models_dir/*/*` and the hub cache."""
    if models_dir is not None and models_dir.is_dir():
        for config in sorted([*models_dir.glob("*/config.json"), *models_dir.glob("*/*/config.json")]):
            yield config.parent.relative_to(models_dir).as_posix(), config.parent
    if hub_cache is not None and hub_cache.is_dir():
        for repository in sorted(hub_cache.glob("models--*")):
            snapshot = _snapshot(repository)
            if snapshot is not None:
                yield repository.name.removeprefix("models--").replace("--", "/"), snapshot


def _snapshot(repository: Path) -> Path | None:
    """The snapshot of a cached repository that `main` means, else the newest one."""
    main = repository / "refs" / "main"
    commit = main.read_text().strip() if main.is_file() else ""
    if _SNAPSHOT.fullmatch(commit) and (repository / "snapshots" / commit / "config.json").is_file():
        return repository / "snapshots" / commit
    snapshots = [config.parent for config in repository.glob("snapshots/*/config.json")]
    return max(snapshots, key=lambda folder: folder.stat().st_mtime, default=None)


def _judge(name: str, model: ModelFolder, memory: Memory) -> tuple[FoundModel, tuple[bool, int, float]]:
    """A row and its rank: usable ones first, larger ones first, newer ones first."""
    usable = model.is_seq2seq and model.is_known_type and not model.problem
    obstacle = _no_room(model, memory) if usable else _obstacle(model, memory)
    row = _row(name, model, fits=obstacle is None, reason=obstacle or "fits")
    return row, (row.fits, model.parameters, model.modified_at)


def _row(name: str, model: ModelFolder, *, fits: bool, reason: str) -> FoundModel:
    return FoundModel(
        name=name,
        folder=model.folder,
        parameters=model.parameters,
        bytes=model.bytes,
        architecture=model.architecture,
        has_chat_template=model.has_chat_template,
        fits=fits,
        reason=reason,
        is_seq2seq=model.is_seq2seq,
    )


def _obstacle(model: ModelFolder, memory: Memory) -> str | None:
    """Why `auto` does not take this model, or None."""
    if model.problem is not None:
        return model.problem
    if not model.is_causal_lm:
        return f"{model.architecture or 'its architecture'} is no causal language model"
    if not model.is_known_type:
        return f"the installed transformers does not know the model type {model.model_type!r}"
    if not model.has_chat_template:
        return "a base model: it has no chat template"
    if model.is_quantized:
        return "quantized: it needs further packages"
    if (lack := _no_room(model, memory)) is not None:
        return lack
    if not memory.is_gpu and model.parameters > MAX_CPU_PARAMETERS:
        return "too slow without a GPU"
    return None


def _no_room(model: ModelFolder, memory: Memory) -> str | None:
    needed_bytes = int(model.bytes * MEMORY_OVERHEAD) + MEMORY_RESERVE_BYTES
    if needed_bytes <= memory.available_bytes:
        return None
    return f"needs {_gib(needed_bytes)}, {_gib(memory.available_bytes)} are free"


def _gib(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"
