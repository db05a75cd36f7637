"""The engine's own behaviour: ends, limits, aborts, usage."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bot.errors import GenerationError, PromptTooLongError
from bot.generation.engine.engine import Engine
from bot.generation.types import Prompt, PromptMessage
from tests.integration.engine import tiny
from tests.integration.engine.tiny import request, texts


def run(engine: Engine):
    deltas = []
    while engine.has_work:
        deltas += engine.step()
    return deltas


def test_a_stop_string_ends_the_answer_and_is_not_shown(llama):
    engine = Engine(llama)
    engine.add(request("free", "Once upon", max_new_tokens=20))
    whole = texts(run(engine))["free"]
    stop = whole[6:9]
    engine.add(request("stopped", "Once upon", max_new_tokens=20, stop=("never there", stop)))
    deltas = run(engine)
    assert texts(deltas)["stopped"] == whole[: whole.index(stop)]
    assert deltas[-1].finish_reason == "stop" and deltas[-1].usage.new_tokens < 20


def test_text_comes_as_it_is_made(llama):
    engine = Engine(llama)
    engine.add(request("a", "Once upon", max_new_tokens=30))
    deltas = run(engine)
    assert len([delta for delta in deltas if delta.text]) > 10
    assert [delta.finish_reason for delta in deltas[:-1]] == [None] * (len(deltas) - 1)


def test_usage_counts_tokens_and_time(llama):
    engine = Engine(llama)
    engine.add(request("a", "Once upon a time", max_new_tokens=9))
    usage = run(engine)[-1].usage
    assert usage.prompt_tokens == len(llama.codec.tokenizer("Once upon a time")["input_ids"])
    assert usage.new_tokens == 9
    assert 0 <= usage.queue_ms <= usage.first_token_ms <= usage.total_ms


def test_an_answer_is_cut_to_what_the_context_window_leaves(llama):
    prompt = "x" * (llama.info.context_window - 5)
    room = llama.info.context_window - llama.codec.count([prompt])[0]
    assert 0 < room < 600
    engine = Engine(llama)
    engine.add(request("a", prompt, max_new_tokens=10_000))
    last = run(engine)[-1]
    assert last.finish_reason in ("length", "stop") and last.usage.new_tokens <= room


def test_a_prompt_that_fills_the_window_is_refused(llama):
    engine = Engine(llama)
    with pytest.raises(PromptTooLongError, match=r"context window of 512"):
        engine.add(request("a", "日🦊" * 600))
    with pytest.raises(PromptTooLongError, match="characters"):
        engine.add(request("b", " " * 1_000_000))
    assert not engine.has_work


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_an_aborted_request_is_silent_from_then_on(llama, steps):
    engine = Engine(llama, max_batch=1)
    for name in ("first", "second"):
        engine.add(request(name, "Once upon", max_new_tokens=6))
    for _ in range(steps):
        engine.step()
    engine.abort("first")
    engine.abort("unknown")
    deltas = run(engine)
    assert {delta.request_id for delta in deltas} == {"second"}
    assert deltas[-1].usage.new_tokens == 6


def test_no_tokens_asked_for_gives_an_empty_answer(llama):
    engine = Engine(llama)
    engine.add(request("a", "Once", max_new_tokens=0))
    (delta,) = run(engine)
    assert (delta.text, delta.finish_reason, delta.usage.new_tokens) == ("", "length", 0)


def test_a_request_cannot_come_twice(llama):
    engine = Engine(llama)
    engine.add(request("a", "Once"))
    with pytest.raises(GenerationError):
        engine.add(request("a", "Once"))


def test_a_token_that_the_model_does_not_know_is_refused(tmp_path):
    tokenizer = tiny.base_tokenizer()
    tiny.save(tmp_path, tiny.llama_config(len(tokenizer)), tokenizer)
    tokenizer.add_tokens(["unheard-of"])
    tokenizer.save_pretrained(tmp_path)
    engine = Engine(tiny.load_tiny(tmp_path))
    with pytest.raises(GenerationError, match="does not know"):
        engine.add(request("a", "an unheard-of word"))
    engine.add(request("b", "a word", max_new_tokens=2))
    assert run(engine)


def test_a_model_that_breaks_ends_its_answers_with_an_error(tmp_path):
    tokenizer = tiny.base_tokenizer()
    loaded = tiny.load_tiny(tiny.save(tmp_path, tiny.llama_config(len(tokenizer)), tokenizer))
    engine = Engine(loaded)
    engine.add(request("a", "Once"))
    engine.step()
    model: Any = loaded.model
    with torch.no_grad():
        model.lm_head.weight.fill_(float("nan"))
    assert run(engine)[-1].finish_reason == "error"
    assert not engine.has_work


def test_a_chat_on_a_base_model_stops_before_the_next_speaker(llama):
    engine = Engine(llama)
    chat = Prompt((PromptMessage("user", "hello", "Ana"), PromptMessage("assistant", "hi", "Pip")))
    engine.add(request("a", chat, max_new_tokens=40))
    text = texts(run(engine))["a"]
    assert "\nAna:" not in text and "\nPip:" not in text and text == text.lstrip()


def test_the_same_chat_in_a_template_ends_at_the_end_of_turn(tmp_path):
    tokenizer = tiny.chat_tokenizer("pocket")
    loaded = tiny.load_tiny(tiny.save(tmp_path, tiny.llama_config(len(tokenizer)), tokenizer))
    end = tokenizer.convert_tokens_to_ids("<|end|>")
    model: Any = loaded.model
    with torch.no_grad():
        model.lm_head.weight[end] = model.lm_head.weight.abs().sum(0)
    engine = Engine(loaded)
    reasons = set()
    for seed in range(12):
        engine.add(request(str(seed), Prompt((PromptMessage("user", "hello"),)), temperature=3.0, seed=seed))
    for delta in run(engine):
        assert "<|" not in delta.text
        reasons.add(delta.finish_reason)
    assert "stop" in reasons
