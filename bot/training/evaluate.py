"""Scores of a model folder on held-out material: small talk, honesty, translation, loops, perplexity.

Knows what is measured and how; what the scores are written into is the business of `card`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from bot.training.chrf import corpus_chrf
from bot.training.data import LANGUAGES, Corpus, read_corpus
from bot.training.decoding import Completion, Decoder, is_looping
from bot.training.grammar import read_intents
from bot.training.held_out import HELD_OUT, Question, read_questions
from bot.training.placeholders import MASK, with_placeholders
from bot.training.presets import Preset
from bot.training.pretrain import loss_of, to_tensors
from bot.training.tasks import valid_batches
from bot.training.tokenizer import ConversationEncoder
from bot.training.tokens import translation_request

ADMISSIONS = ("bot_model", "don't know", "can't answer", "no lo sé", "no sé", "ne sais pas", "weiß")
MAX_REPLY_TOKENS = 80
SEED = 20


def evaluate(folder: Path, data: Path, sentences: int = 200, questions: Path = HELD_OUT) -> dict[str, Any]:
    """All scores of the model in `folder`; `sentences` is the number of translations per direction."""
    decoder = Decoder(folder)
    _, valid = read_corpus(data)
    small_talk = small_talk_score(decoder, read_questions(questions))
    return {
        "small_talk": small_talk,
        "unknown": unknown_score(decoder, valid, 200),
        "translation": dict(translation_scores(decoder, valid, sentences)),
        "placeholders_kept": placeholders_kept(decoder, valid, sentences),
        "looping_replies_of_200": looping_replies(decoder, valid, 200),
        "perplexity": perplexities(decoder, valid),
    }


def small_talk_score(decoder: Decoder, questions: Sequence[Question]) -> dict[str, Any]:
    """Share of held-out conversations that end in an accepted answer, in all and by language."""
    talks: list[list[dict[str, str]]] = [[] for _ in questions]
    for turn in range(max(len(question.turns) for question in questions)):
        asked = [index for index, question in enumerate(questions) if turn < len(question.turns)]
        for index in asked:
            talks[index].append({"role": "user", "content": questions[index].turns[turn]})
        answers = decoder.chat([talks[index] for index in asked], MAX_REPLY_TOKENS)
        for index, answer in zip(asked, answers, strict=True):
            talks[index].append({"role": "assistant", "content": answer.text})
    passed = [q.is_answered_by(talk[-1]["content"]) for q, talk in zip(questions, talks, strict=True)]
    scores: dict[str, Any] = {"questions": len(questions), "all": _share(passed)}
    for language in LANGUAGES:
        chosen = [ok for ok, question in zip(passed, questions, strict=True) if question.language == language]
        scores[language] = _share(chosen)
    scores["missed"] = [
        {"asked": " || ".join(question.turns), "answered": talk[-1]["content"]}
        for ok, question, talk in zip(passed, questions, talks, strict=True)
        if not ok
    ]
    return scores


def unknown_score(decoder: Decoder, valid: Corpus, number: int) -> dict[str, float]:
    """Share of held-out knowledge questions that are answered by admitting not to know."""
    questions = random.Random(SEED).sample(valid.questions, min(number, len(valid.questions)))
    answers = decoder.chat([[{"role": "user", "content": text}] for _, text in questions], MAX_REPLY_TOKENS)
    admitted = [any(phrase in answer.text.lower() for phrase in ADMISSIONS) for answer in answers]
    return {"questions": len(questions), "admitted": _share(admitted)}


def translation_scores(
    decoder: Decoder, valid: Corpus, sentences: int
) -> Iterator[tuple[str, dict[str, float]]]:
    """chrF++ of short Tatoeba sentences (100 characters at most) by direction, beside that of copying."""
    for source in LANGUAGES:
        for target in LANGUAGES:
            pairs = [
                pair
                for pair in valid.translations
                if (pair.source_language, pair.target_language, pair.source) == (source, target, "tatoeba")
                and max(len(pair.text), len(pair.translation)) <= 100
            ]
            if source == target or not pairs:
                continue
            pairs = random.Random(SEED).sample(pairs, min(sentences, len(pairs)))
            prompts = [
                [{"role": "user", "content": translation_request(pair.text, target)}] for pair in pairs
            ]
            answers = [completion.text for completion in decoder.chat(prompts, MAX_REPLY_TOKENS)]
            references = [pair.translation for pair in pairs]
            copied = corpus_chrf([pair.text for pair in pairs], references)
            yield (
                f"{source}-{target}",
                {
                    "sentences": len(pairs),
                    "chrf": round(corpus_chrf(answers, references), 1),
                    "copy": round(copied, 1),
                },
            )


def placeholders_kept(decoder: Decoder, valid: Corpus, number: int) -> float:
    """Share of `number` sentences with placeholders whose translation has the same ones, once each."""
    pairs = random.Random(SEED).sample(
        [pair for pair in valid.translations if pair.source == "tatoeba"], number
    )
    pairs = [with_placeholders(pair, str(index), share=1.0) for index, pair in enumerate(pairs)]
    requests = [translation_request(pair.text, pair.target_language) for pair in pairs]
    answers = decoder.chat([[{"role": "user", "content": request}] for request in requests], MAX_REPLY_TOKENS)
    kept = [
        sorted(MASK.findall(answer.text)) == sorted(MASK.findall(pair.text))
        for pair, answer in zip(pairs, answers, strict=True)
    ]
    return _share(kept)


def looping_replies(decoder: Decoder, valid: Corpus, number: int) -> int:
    """How many of `number` greedy replies loop or never end: a quarter each of four kinds of messages."""
    rng = random.Random(SEED)
    each = number // 4
    messages = [question.turns[0] for question in rng.sample(read_questions(), each)]
    messages += [text for _, text in rng.sample(valid.questions, each)]
    messages += [text for _, text in rng.sample(valid.remarks, each)]
    pairs = rng.sample(valid.translations, each)
    messages += [translation_request(pair.text, pair.target_language) for pair in pairs]
    replies: list[Completion] = decoder.chat([[{"role": "user", "content": text}] for text in messages], 120)
    return sum(map(is_looping, replies))


@torch.inference_mode()
def perplexities(decoder: Decoder, valid: Corpus) -> dict[str, float]:
    """Perplexity a token of the held-out documents by task; for conversations, of the answers."""
    preset = Preset("evaluation", vocab_size=len(decoder.tokenizer))
    encoder = ConversationEncoder(decoder.tokenizer.backend_tokenizer, prompt_weight=0.0)
    device = torch.device("cpu")
    result = {}
    for task, batches in valid_batches(valid, read_intents(), encoder, preset).items():
        loss, weight = 0.0, 0.0
        for batch in batches:
            here = float(batch.weights.sum())
            loss += float(loss_of(decoder.model, to_tensors(batch, device))) * here
            weight += here
        result[task] = round(math.exp(loss / weight), 2)
    return result


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / max(1, len(flags)), 3)
