"""Looking at a model folder before anything in it is loaded: is it whole, and is it safe?

Reads JSON and the headers of safetensors files, never pickles, and imports no torch. Every complaint is one
ModelLoadError line for the operator. It must not know architectures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ModelLoadError

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
MAX_HEADER_BYTES = 100_000_000  # the limit of the safetensors format itself
TOKENIZER_FILES = (
    "tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "tokenizer_config.json",
    "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skills:
    """What `parley.json` says of a model; None where it says nothing. `sampling` are recommended settings,
    `pairs` are what a translation model does, as (source, target) in ISO 639-1."""

    follows_instructions: bool | None = None
    summarizes: bool | None = None
    uses_system_prompt: bool | None = None
    translates: tuple[str, ...] | None = None
    placeholder: str | None = None
    sampling: dict[str, float] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] | None = None


def read_json(path: Path) -> dict[str, object]:
    """The object in a JSON file. Raises ModelLoadError when it is not there, or not one JSON object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelLoadError(
            f"{path.parent}: {path.name} is missing; this is not a whole model folder"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelLoadError(f"{path}: cannot be read as JSON ({type(error).__name__})") from None
    if not isinstance(value, dict):
        raise ModelLoadError(f"{path}: holds no JSON object")
    return value


def read_config(folder: Path) -> dict[str, object]:
    """`config.json` of a model folder. Raises ModelLoadError."""
    if not folder.is_dir():
        raise ModelLoadError(f"{folder}: no such folder; give the path of a model folder")
    if (folder / "adapter_config.json").exists():
        raise ModelLoadError(
            f"{folder}: holds an adapter (LoRA); merge it into its base model and save that first"
        )
    config = read_json(folder / "config.json")
    if not any((folder / name).exists() for name in TOKENIZER_FILES):
        raise ModelLoadError(f"{folder}: no tokenizer files (tokenizer.json, or vocab.json with merges.txt)")
    return config


def needs_own_code(folder: Path, config: Mapping[str, object]) -> bool:
    """Whether the folder names Python code of its own (`auto_map`), which is never run."""
    return bool(config.get("auto_map")) or "auto_map" in _tokenizer_config(folder)


def _tokenizer_config(folder: Path) -> dict[str, object]:
    path = folder / "tokenizer_config.json"
    return read_json(path) if path.exists() else {}


def count_parameters(folder: Path) -> int:
    """Number of stored parameters, from the headers of the weight files, which are checked to be whole.

    Raises ModelLoadError for missing, unsafe, truncated or foreign weights.
    """
    return sum(_count_in(path) for path in _weight_files(folder))


def _weight_files(folder: Path) -> list[Path]:
    if (folder / INDEX).exists():
        return _indexed_files(folder)
    if (folder / SINGLE).exists():
        return [folder / SINGLE]
    if any(next(folder.glob(pattern), None) for pattern in PICKLES):
        raise ModelLoadError(
            f"{folder}: the weights are pickled files, which can run code when opened; convert them, where "
            "you trust them, with transformers' save_pretrained (it writes model.safetensors) and use that"
        )
    raise ModelLoadError(f"{folder}: no {SINGLE} and no {INDEX}")


def _indexed_files(folder: Path) -> list[Path]:
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelLoadError(f"{folder / INDEX}: holds no weight_map")
    names = {str(name) for name in weight_map.values()}
    for name in names:
        if name != Path(name).name or "\\" in name or not name.endswith(".safetensors"):
            raise ModelLoadError(
                f"{folder / INDEX}: names a file that is not a safetensors file of the same folder"
            )
    return [folder / name for name in sorted(names)]


def _count_in(path: Path) -> int:
    """Parameters in one safetensors file: 8 bytes of length, a JSON header, then the data (the format's own
    specification: https://github.com/huggingface/safetensors#format)."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = dict(json.loads(file.read(length) if length <= min(size, MAX_HEADER_BYTES) else ""))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        end = max((int(entry["data_offsets"][1]) for entry in tensors), default=0)
        count = sum(math.prod(map(int, entry["shape"])) for entry in tensors)
    except FileNotFoundError:
        raise ModelLoadError(f"{path.parent}: {path.name} is missing") from None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise ModelLoadError(f"{path}: is damaged, or no safetensors file") from None
    if size != 8 + length + end:
        raise ModelLoadError(
            f"{path}: has {size} bytes instead of {8 + length + end}; fetch or copy it again"
        )
    return count


def read_skills(folder: Path) -> Skills:
    """The folder's `parley.json`, where it has one. Raises ModelLoadError when it is not as it should be."""
    path = folder / "parley.json"
    values = read_json(path) if path.exists() else {}
    translates = values.get("translates")
    sampling = values.get("sampling", {})
    if translates is not None and not (
        isinstance(translates, list) and all(isinstance(c, str) for c in translates)
    ):
        raise ModelLoadError(f"{path}: translates must be a list of language codes, or null")
    if not isinstance(sampling, dict) or not all(_is_number(value) for value in sampling.values()):
        raise ModelLoadError(f"{path}: sampling must be an object of numbers")
    placeholder = values.get("placeholder")
    if placeholder is not None and not (isinstance(placeholder, str) and placeholder.count("{n}") == 1):
        raise ModelLoadError(f"{path}: placeholder must be a text with one {{n}} for its number, or null")
    return Skills(
        follows_instructions=_flag(path, values, "follows_instructions"),
        summarizes=_flag(path, values, "summarizes"),
        uses_system_prompt=_flag(path, values, "system_prompt"),
        translates=None if translates is None else tuple(translates),
        placeholder=placeholder,
        sampling={str(name): float(value) for name, value in sampling.items()},
        pairs=_pairs(path, values.get("pairs")),
    )


def _pairs(path: Path, value: object) -> tuple[tuple[str, str], ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(code, str) for code in pair)
        for pair in value
    ):
        raise ModelLoadError(
            f'{path}: pairs must be a list of pairs of language codes, such as [["en", "fr"]]'
        )
    return tuple((pair[0], pair[1]) for pair in value)


def _flag(path: Path, values: Mapping[str, object], name: str) -> bool | None:
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise ModelLoadError(f"{path}: {name} must be true or false")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
