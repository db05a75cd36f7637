"""From a folder to a translation model in memory: what the engine's process runs for BOT_TRANSLATION_MODEL.

Offers `load` and `Engine`, as the module `engine` does for the chat model, by the same rules of safety. It
must not know requests or batches.
"""

from __future__ import annotations

from pathlib import Path

from transformers import AutoModelForSeq2SeqLM, PreTrainedConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING

from bot.errors import ModelLoadError
from bot.generation.engine import folder as model_folder
from bot.generation.engine.codec import Codec
from bot.generation.engine.engine import Engine
from bot.generation.engine.loading import (
    LoadedTranslator,
    choose_device,
    choose_dtype,
    context_window,
    eos_ids,
    load_tokenizer,
    load_weights,
    one_line_errors,
    prepare,
    read_known_config,
)
from bot.generation.engine.schemes import scheme_of
from bot.generation.engine.seq2seq import Seq2SeqLM, start_ids
from bot.generation.engine.translation_prompts import TranslationRenderer
from bot.generation.types import ModelInfo

__all__ = ["Engine", "load"]


def load(
    folder: Path, *, name: str, device: str = "auto", dtype: str = "auto", threads: int | None = None
) -> LoadedTranslator:
    """Load the translation model in `folder` and call it `name`; the other arguments are those of
    `loading.load`. Raises ModelLoadError."""
    prepare(threads)
    with one_line_errors(folder):
        return _load(folder, name, device, dtype)


def _load(folder: Path, name: str, device: str, dtype: str) -> LoadedTranslator:
    config = _read_config(folder)
    stored = model_folder.count_parameters(folder)
    place = choose_device(device)
    tokenizer = load_tokenizer(folder)
    model: Seq2SeqLM = load_weights(AutoModelForSeq2SeqLM, folder, choose_dtype(dtype, place, stored), place)
    begin = start_ids(model)
    if not begin:
        raise ModelLoadError(f"{folder}: its config names no decoder_start_token_id to begin a text with")
    forced = model.generation_config.forced_bos_token_id
    pairs = model_folder.read_skills(folder).pairs
    scheme = scheme_of(tokenizer, model_folder.read_config(folder), folder, name, forced, pairs)
    hidden = {
        *scheme.starts.values(),
        *getattr(tokenizer, "id_to_lang_token", ()),
    }  # M2M100 calls none special
    codec = Codec(tokenizer, hidden)
    renderer = TranslationRenderer(codec, scheme, begin)
    info = ModelInfo(
        name=name,
        folder=str(folder),
        parameters=model.num_parameters(),
        context_window=context_window(config, tokenizer),
        has_chat_template=False,
        message_overhead=0,
        prompt_overhead=renderer.overhead(),
        dtype=str(model.dtype).removeprefix("torch."),
        device=str(place),
        follows_instructions=False,
        uses_system_prompt=False,
        summarizes=False,
        translates=scheme.languages,
        pairs=scheme.pairs,
    )
    vocabulary = model.get_input_embeddings().num_embeddings
    return LoadedTranslator(model, codec, renderer, info, eos_ids(model), vocabulary)


def _read_config(folder: Path) -> PreTrainedConfig:
    config = read_known_config(folder)
    if type(config) not in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        raise ModelLoadError(
            f"{folder}: {config.model_type} is no encoder-decoder; name a translation model such as "
            "Marian, M2M100, NLLB, mBART or T5, or leave BOT_TRANSLATION_MODEL empty"
        )
    return config
