"""Tiny translation models of every family, with random weights and SentencePiece tokenizers trained here."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    M2M100Config,
    M2M100Tokenizer,
    MarianConfig,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartConfig,
    NllbTokenizer,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
    T5Config,
    T5Tokenizer,
)

from bot.generation.engine.loading import LoadedTranslator
from bot.generation.engine.translation import load
from tests.integration.engine.tiny import CORPUS

SIZES: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
}


def train_spm(file: Path, kind: str, **options: Any) -> Path:
    """A SentencePiece model of ours, `unigram` or `bpe`."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=model,
        vocab_size=160,
        model_type=kind,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    file.write_bytes(model.getvalue())
    return file


def pieces(file: Path) -> list[str]:
    """What a SentencePiece model knows, its control tokens left out."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(file))
    return [
        processor.id_to_piece(i) for i in range(processor.get_piece_size()) if not processor.is_control(i)
    ]


def marian_tokenizer(folder: Path, targets: tuple[str, ...] = ()) -> MarianTokenizer:
    source, target = train_spm(folder / "a.spm", "unigram"), train_spm(folder / "b.spm", "bpe")
    known = [piece for piece in dict.fromkeys([*pieces(source), *pieces(target)]) if piece != "<unk>"]
    words = ["</s>", "<unk>", *(f">>{code}<<" for code in targets), *known, "<pad>"]
    vocabulary = folder / "v.json"
    vocabulary.write_text(json.dumps({word: at for at, word in enumerate(words)}))
    pair: dict[str, Any] = {"source_lang": "en", "target_lang": "mul" if targets else "fr"}
    files: dict[str, Any] = {"source_spm": str(source), "target_spm": str(target), "vocab": str(vocabulary)}
    with warnings.catch_warnings():  # it recommends another package
        warnings.simplefilter("ignore")
        return MarianTokenizer(**files, model_max_length=64, **pair)


def marian_config(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
    pad = tokenizer.pad_token_id
    return MarianConfig(
        **SIZES,
        vocab_size=len(tokenizer),
        pad_token_id=pad,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
        scale_embedding=True,
    )


def m2m100_tokenizer(folder: Path) -> M2M100Tokenizer:
    spm = train_spm(folder / "m.spm", "bpe")
    words = ["<s>", "<pad>", "</s>", "<unk>", *[piece for piece in pieces(spm) if piece != "<unk>"]]
    vocabulary = folder / "v.json"
    vocabulary.write_text(json.dumps({word: at for at, word in enumerate(words)}))
    return M2M100Tokenizer(vocab_file=str(vocabulary), spm_file=str(spm), num_madeup_words=0)


def m2m100_config(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
    size = max(len(tokenizer), 1 + max(getattr(tokenizer, "id_to_lang_token", {0: ""})))
    return M2M100Config(**SIZES, vocab_size=size, decoder_start_token_id=2)


def nllb_tokenizer(folder: Path) -> Any:
    train_spm(folder / "sentencepiece.bpe.model", "bpe")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "NllbTokenizer"}')
    return NllbTokenizer.from_pretrained(
        folder,
        src_lang="eng_Latn",
        additional_special_tokens=["eng_Latn", "fra_Latn", "deu_Latn", "zho_Hans"],
    )


def mbart50_tokenizer(folder: Path) -> Any:
    train_spm(folder / "sentencepiece.bpe.model", "unigram")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "MBart50Tokenizer"}')
    return MBart50Tokenizer.from_pretrained(folder, src_lang="en_XX")


def mbart_config(tokenizer: PreTrainedTokenizerBase) -> PreTrainedConfig:
    return MBartConfig(**SIZES, vocab_size=len(tokenizer), decoder_start_token_id=2, forced_eos_token_id=None)


def t5_tokenizer(folder: Path) -> Any:
    train_spm(folder / "spiece.model", "unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    return T5Tokenizer.from_pretrained(folder)


def t5_config(tokenizer: PreTrainedTokenizerBase) -> Any:
    config: Any = T5Config
    return config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
    )


FAMILIES: dict[str, tuple[Callable[[Path], Any], Callable[[Any], PreTrainedConfig]]] = {
    "marian": (marian_tokenizer, marian_config),
    "marian-many": (lambda folder: marian_tokenizer(folder, ("fra", "deu", "spa")), marian_config),
    "m2m100": (m2m100_tokenizer, m2m100_config),
    "nllb": (nllb_tokenizer, m2m100_config),
    "mbart50": (mbart50_tokenizer, mbart_config),
    "t5": (t5_tokenizer, t5_config),
}


def save(folder: Path, tokenizer: PreTrainedTokenizerBase, config: PreTrainedConfig, seed: int = 0) -> Path:
    """Write a model folder. Weights are spread wide, so that greedy translations vary."""
    torch.manual_seed(seed)
    auto: Any = AutoModelForSeq2SeqLM
    model = auto.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and parameter.requires_grad:
                parameter.normal_(0.0, 0.25)
    if config.model_type == "marian":
        model.generation_config.bad_words_ids = [[config.pad_token_id]]  # as all of OPUS-MT's have it
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make(folder: Path, family: str, seed: int = 0) -> Path:
    """A model folder of one of the FAMILIES."""
    folder.mkdir()
    parts = folder.parent / f"{folder.name}-parts"
    parts.mkdir()
    make_tokenizer, make_config = FAMILIES[family]
    tokenizer = make_tokenizer(parts)
    return save(folder, tokenizer, make_config(tokenizer), seed)


def load_tiny(folder: Path, name: str = "tiny") -> LoadedTranslator:
    return load(folder, name=name, device="cpu", dtype="float32")
