"""From a model folder to a model in memory, with everything the engine needs to know about it.

Local folders only: nothing here opens a socket, runs code from a folder or opens a pickle. Finding and
fetching models is somebody else's work. Every failure is a ModelLoadError of one line.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
)
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from bot.errors import BotError, ModelLoadError
from bot.generation.engine import folder as model_folder
from bot.generation.engine.causal_lm import CausalLM
from bot.generation.engine.codec import Codec
from bot.generation.engine.prompts import PromptRenderer
from bot.generation.engine.seq2seq import Seq2SeqLM
from bot.generation.engine.translation_prompts import TranslationRenderer
from bot.generation.types import ModelInfo

# Up to here a CPU computes in single precision, exactly as `generate` does by default. Half of it is no
# faster for one answer at a time, not even with AMX: 0.95 times as fast at 135 M parameters, 0.83 at 8 M
# (four at once: 1.37), and 2 of 20 greedy answers of the bundled model come out differently.
SMALL_MODEL_PARAMETERS = 300_000_000
DEFAULT_CONTEXT_WINDOW = 2048  # for models that name no limit, such as recurrent ones
SANE_WINDOW = range(64, 100_000_000)  # tokenizers without a limit say 10**30
WINDOW_FIELDS = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "context_length",
    "n_ctx",
)
SAMPLING_FIELDS = ("temperature", "top_p", "top_k", "repetition_penalty")
DTYPES = {
    "float32": torch.float32, "fp32": torch.float32, "bfloat16": torch.bfloat16, "bf16": torch.bfloat16,
    "float16": torch.float16, "fp16": torch.float16,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to run. `eos_ids` are the tokens at which `generate` would stop; ids below `vocabulary`
    have an embedding."""

    model: CausalLM
    codec: Codec
    renderer: PromptRenderer
    info: ModelInfo
    eos_ids: frozenset[int]
    vocabulary: int


@dataclass(frozen=True, slots=True)
class LoadedTranslator:
    """The same for a model with an encoder and a decoder; see `translation`."""

    model: Seq2SeqLM
    codec: Codec
    renderer: TranslationRenderer
    info: ModelInfo
    eos_ids: frozenset[int]
    vocabulary: int


def load(
    folder: Path, *, name: str, device: str = "auto", dtype: str = "auto", threads: int | None = None
) -> LoadedModel:
    """Load the model in `folder` and call it `name`.

    `device` is "auto", "cpu", "cuda" or "cuda:N"; `dtype` is "auto", "float32", "bfloat16" or "float16";
    `threads` limits the CPU threads. Raises ModelLoadError.
    """
    prepare(threads)
    with one_line_errors(folder):
        return _load(folder, name, device, dtype)


@contextmanager
def one_line_errors(folder: Path) -> Iterator[None]:
    """Turn whatever a broken folder makes transformers raise, which is nearly every kind, into a
    ModelLoadError."""
    try:
        yield
    except BotError:
        raise
    except Exception as error:
        detail = " ".join(str(error).split())[:300]
        raise ModelLoadError(f"{folder}: {type(error).__name__}: {detail}") from None


def _load(folder: Path, name: str, device: str, dtype: str) -> LoadedModel:
    config = _read_config(folder)
    skills = model_folder.read_skills(folder)
    stored = model_folder.count_parameters(folder)
    place = choose_device(device)
    tokenizer = load_tokenizer(folder)
    model: CausalLM = load_weights(AutoModelForCausalLM, folder, choose_dtype(dtype, place, stored), place)
    codec = Codec(tokenizer)
    renderer = PromptRenderer(codec)
    message_overhead, prompt_overhead = renderer.overheads()
    is_chat = renderer.template is not None
    info = ModelInfo(
        name=name,
        folder=str(folder),
        parameters=model.num_parameters(),
        context_window=context_window(config, tokenizer),
        has_chat_template=is_chat,
        message_overhead=message_overhead,
        prompt_overhead=prompt_overhead,
        dtype=str(model.dtype).removeprefix("torch."),
        device=str(place),
        follows_instructions=_given(skills.follows_instructions, is_chat),
        uses_system_prompt=_given(skills.uses_system_prompt, is_chat),
        summarizes=_given(skills.summarizes, is_chat),
        translates=skills.translates,
        placeholder=skills.placeholder,
        sampling={**_recommended_sampling(model), **skills.sampling},
    )
    return LoadedModel(
        model, codec, renderer, info, eos_ids(model), model.get_input_embeddings().num_embeddings
    )


def prepare(threads: int | None) -> None:
    """Set the threads of the CPU, and allow no progress bars, warnings or look-ups: standard error is the
    operator's, and the network is not ours to use."""
    if threads is not None:
        torch.set_num_threads(threads)
    huggingface_hub.constants.HF_HUB_OFFLINE = True
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _given(value: bool | None, default: bool) -> bool:
    return default if value is None else value


def _read_config(folder: Path) -> PreTrainedConfig:
    """The folder's config, checked to be of a decoder-only text model that transformers runs by itself."""
    config = read_known_config(folder)
    if config.is_encoder_decoder:
        raise ModelLoadError(
            f"{folder}: {config.model_type} is an encoder-decoder; only decoder-only (GPT-type) models can "
            "chat here; set BOT_TRANSLATION_MODEL to it if it translates"
        )
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ModelLoadError(f"{folder}: {config.model_type} models do not generate text from left to right")
    return config


def read_known_config(folder: Path) -> PreTrainedConfig:
    """The folder's config, of a type that transformers runs by itself. Raises ModelLoadError."""
    values = model_folder.read_config(folder)
    kind = values.get("model_type")
    if not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        own = (
            " and brings its own Python code, which is never run"
            if model_folder.needs_own_code(folder, values)
            else ""
        )
        raise ModelLoadError(
            f"{folder}: transformers {transformers.__version__} does not know the model type {kind!r}{own}"
        )
    config: PreTrainedConfig = AutoConfig.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    return config


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The folder's tokenizer. Raises ModelLoadError."""
    try:
        with warnings.catch_warnings():  # Marian's recommends another package
            warnings.simplefilter("ignore")
            return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        detail = " ".join(str(error).split())[:200]
        raise ModelLoadError(
            f"{folder}: the tokenizer cannot be loaded ({type(error).__name__}: {detail})"
        ) from None


def load_weights(auto: Any, folder: Path, dtype: torch.dtype, device: torch.device) -> Any:  # noqa: ANN401
    """The folder's model by one of transformers' Auto classes (whose annotations do not know what
    `output_loading_info` returns), all of it there, ready to run on `device`. Raises ModelLoadError."""
    model, report = auto.from_pretrained(
        folder,
        dtype=dtype,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        ignore_mismatched_sizes=True,  # they are reported below, and refused
        output_loading_info=True,
    )
    if wrong := sorted(key[0] for key in report["mismatched_keys"]):
        raise ModelLoadError(
            f"{folder}: {len(wrong)} tensors, such as {wrong[0]}, are not as large as config.json says"
        )
    if missing := sorted(report["missing_keys"]):
        raise ModelLoadError(f"{folder}: the weights lack {len(missing)} tensors, {missing[0]} among them")
    return model.eval().to(device)


def choose_device(wanted: str) -> torch.device:
    """Where a model runs by the setting. Raises ModelLoadError."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ModelLoadError(f"{wanted!r} is no device; use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelLoadError("device cuda is asked for, but this torch sees no CUDA device; use cpu or auto")
    return device


def choose_dtype(wanted: str, device: torch.device, parameters: int) -> torch.dtype:
    """The format of a model's numbers by the setting. Raises ModelLoadError."""
    if wanted != "auto":
        if wanted not in DTYPES:
            raise ModelLoadError(f"{wanted!r} is no dtype; use auto, float32, bfloat16 or float16")
        return DTYPES[wanted]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float32 if parameters < SMALL_MODEL_PARAMETERS else torch.bfloat16


def context_window(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Tokens that the model can see at once: the smaller of what config and tokenizer say, where they say
    anything sane."""
    text_config = config.get_text_config(decoder=True)
    named = (getattr(text_config, field, None) for field in WINDOW_FIELDS)
    windows = [next((value for value in named if isinstance(value, int) and value in SANE_WINDOW), None)]
    limit = tokenizer.model_max_length
    windows.append(int(limit) if limit < sys.maxsize and int(limit) in SANE_WINDOW else None)
    return min((window for window in windows if window is not None), default=DEFAULT_CONTEXT_WINDOW)


def eos_ids(model: CausalLM | Seq2SeqLM) -> frozenset[int]:
    """The tokens at which `generate` stops."""
    eos = model.generation_config.eos_token_id
    return frozenset([eos] if isinstance(eos, int) else eos or [])


def _recommended_sampling(model: CausalLM) -> Mapping[str, float]:
    """What the folder's generation_config.json recommends, if it recommends sampling at all."""
    config = model.generation_config
    if not config.do_sample:
        return {}
    values = {field: getattr(config, field, None) for field in SAMPLING_FIELDS}
    return {field: float(value) for field, value in values.items() if isinstance(value, (int, float))}
