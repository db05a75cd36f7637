"""What can be learned of a model folder without loading it.

Torch-free and quick: reads `config.json`, the tokenizer's configuration and the headers of
the safetensors files, never a weight. Knows nothing of settings or of which model is wanted.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import ModelLoadError
from bot.generation import pocket

_TOKENIZER_FILES: Final = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
_MAX_HEADER_BYTES: Final = 100_000_000  # the safetensors format's own limit
_MAX_JSON_BYTES: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """One model folder as its files describe it. `problem` is why it cannot be used, or None.

    `parameters` and `bytes` count what the safetensors files hold; `architecture` is the first
    of `config.json`; `modified_at` is in seconds since the epoch; `is_seq2seq`: an encoder-decoder.
    """

    folder: Path
    parameters: int
    bytes: int
    architecture: str
    has_chat_template: bool
    is_quantized: bool
    model_type: str
    modified_at: float
    problem: str | None = None
    is_seq2seq: bool = False

    @property
    def is_causal_lm(self) -> bool:
        """Whether the model continues text: what a chat needs, unlike an encoder or a classifier."""
        return self.architecture.endswith(("ForCausalLM", "LMHeadModel"))

    @property
    def is_known_type(self) -> bool:
        """Whether the installed transformers has code for the model, judged by its folders alone: importing
        it would take seconds."""
        found = importlib.util.find_spec("transformers")
        if found is None or found.origin is None:
            return False
        return (Path(found.origin).parent / "models" / self.model_type.replace("-", "_")).is_dir()


def read_folder(folder: Path) -> ModelFolder:
    """Describe `folder`; whatever is wrong with it becomes its `problem`."""
    try:
        config = _read_json(folder / "config.json")
        weights = sorted(folder.glob("*.safetensors"))
        parameters = sum(_count_parameters(file) for file in weights)
        size = sum(file.stat().st_size for file in weights)
        modified_at = max((file.stat().st_mtime for file in weights), default=0.0)
    except (OSError, ValueError) as error:
        return ModelFolder(folder, 0, 0, "", False, False, "", 0.0, _complaint(folder, error))
    architectures = config.get("architectures")
    return ModelFolder(
        folder=folder,
        parameters=parameters,
        bytes=size,
        architecture=str(architectures[0]) if isinstance(architectures, list) and architectures else "",
        has_chat_template=_has_chat_template(folder),
        is_quantized="quantization_config" in config,
        model_type=str(config.get("model_type", "")),
        modified_at=modified_at,
        problem=_problem(folder, has_weights=bool(weights)),
        is_seq2seq=config.get("is_encoder_decoder") is True,
    )


def _complaint(folder: Path, error: Exception) -> str:
    if not folder.is_dir():
        return "no such folder"
    if isinstance(error, FileNotFoundError):
        return "it has no config.json"
    return f"its files cannot be read ({type(error).__name__})"


def _problem(folder: Path, *, has_weights: bool) -> str | None:
    if not has_weights and any(folder.glob("*.bin")):
        return "it has only pickle weights (*.bin), which can run code; convert them to safetensors"
    if not has_weights:
        return "it has no *.safetensors file"
    if missing := _missing_weights(folder):
        return f"{missing[0]} is missing"
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        return "it has no tokenizer"
    return None


def _missing_weights(folder: Path) -> list[str]:
    """Weight files that the index of a model in several files names and that are not here."""
    try:
        weight_map = _read_json(folder / "model.safetensors.index.json").get("weight_map")
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        return ["model.safetensors.index.json"]
    names = {str(name) for name in weight_map.values()} if isinstance(weight_map, dict) else set()
    return sorted(name for name in names if not (folder / name).is_file())


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    try:
        return bool(_read_json(folder / "tokenizer_config.json").get("chat_template"))
    except (OSError, ValueError):
        return False


def _read_json(file: Path) -> Mapping[str, object]:
    if file.stat().st_size > _MAX_JSON_BYTES:
        raise ValueError(f"{file.name} is too large")
    content = json.loads(file.read_bytes())
    if not isinstance(content, dict):
        raise ValueError(f"{file.name} is no JSON object")
    return content


def _count_parameters(file: Path) -> int:
    """Numbers in one safetensors file: 8 bytes of little-endian header length, then a JSON header
    with each tensor's shape (https://huggingface.co/docs/safetensors)."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _MAX_HEADER_BYTES:
            raise ValueError("the header is too long")
        header = json.loads(stream.read(length))
    if not isinstance(header, dict):
        raise ValueError("the header is no JSON object")
    return sum(_shape_size(tensor) for name, tensor in header.items() if name != "__metadata__")


def _shape_size(tensor: object) -> int:
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    if not isinstance(shape, list) or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise ValueError("a tensor has no shape")
    return math.prod(shape)


def verify_manifest(folder: Path) -> None:
    """Check the bundled model in `folder` byte for byte. Raises ModelLoadError saying what is wrong first."""
    advice = "install Parley again, or set BOT_MODEL to another model"
    try:
        problems = pocket.verify_manifest(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ModelLoadError(f"the bundled model is missing from {folder}: {advice}") from None
    if problems:
        raise ModelLoadError(f"the bundled model is damaged ({problems[0]}): {advice}")
