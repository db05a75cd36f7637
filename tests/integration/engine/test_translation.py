"""Translation models of every family: what the engine writes is what transformers' own `generate` writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import GenerationError, PromptTooLongError
from bot.generation.engine import loading
from bot.generation.engine.engine import Engine
from bot.generation.engine.loading import LoadedTranslator
from bot.generation.types import GenerationRequest, Prompt, PromptMessage
from tests.integration.engine import tiny, tiny_seq2seq

TEXTS = [
    "Once upon a time",
    "x",
    "The quick brown fox jumps over the lazy dog.",
    "hello how are you today? I am fine, thank you.",
    "Zwölf Boxkämpfer jagen Viktor",
    "日本語も少し。",
]
PAIRS = {
    "marian": [("en", "fr")],
    "marian-many": [("en", "fr"), ("en", "de"), ("en", "es")],
    "m2m100": [("en", "fr"), ("de", "en"), ("fr", "zh")],
    "nllb": [("en", "fr"), ("de", "en"), ("fr", "zh")],
    "mbart50": [("en", "fr"), ("de", "en"), ("fr", "zh")],
    "t5": [("en", "fr"), ("de", "en")],
}
TOKENS = {
    "marian-many": {"fr": ">>fra<<", "de": ">>deu<<", "es": ">>spa<<"},
    "nllb": {"en": "eng_Latn", "fr": "fra_Latn", "de": "deu_Latn", "zh": "zho_Hans"},
    "mbart50": {"en": "en_XX", "fr": "fr_XX", "de": "de_DE", "zh": "zh_CN"},
}
NAMES = {"en": "English", "fr": "French", "de": "German"}


@pytest.fixture(scope="module", params=sorted(PAIRS))
def family(request) -> Any:
    return request.param


@pytest.fixture(scope="module")
def translator(family, tmp_path_factory) -> LoadedTranslator:
    return tiny_seq2seq.load_tiny(tiny_seq2seq.make(tmp_path_factory.mktemp("m") / family, family))


@pytest.fixture(scope="module")
def plain(family, translator):
    """A tokenizer of its own, used as the documentation of transformers says."""
    return loading.load_tokenizer(translator.info.folder)


@pytest.fixture(scope="module")
def expected(family, translator, plain) -> Callable[[str, tuple[str, str], int], list[int]]:
    """What `generate` makes of a text: a shorter greedy text is the beginning of a longer one."""
    longest = cache(lambda text, pair: generate(family, translator, plain, text, pair, 16))
    return lambda text, pair, new_tokens: longest(text, pair)[:new_tokens]


def generate(
    family: str, translator: LoadedTranslator, plain: Any, text: str, pair: tuple[str, str], new_tokens: int
) -> list[int]:
    """What `generate` makes of it, without the tokens that every translation of the model begins with."""
    source, target = pair
    model: Any = translator.model
    options: dict[str, Any] = {}
    if family == "marian-many":
        text = f"{TOKENS[family][target]} {text}"
    elif family == "t5":
        text = f"translate {NAMES[source]} to {NAMES[target]}: {text}"
    elif family == "m2m100":
        plain.src_lang = source
        options["forced_bos_token_id"] = plain.get_lang_id(target)
    elif family in TOKENS:
        plain.src_lang = TOKENS[family][source]
        options["forced_bos_token_id"] = plain.convert_tokens_to_ids(TOKENS[family][target])
    forced = len(options)
    out = model.generate(
        **plain(text, return_tensors="pt"), max_new_tokens=new_tokens + forced, num_beams=1, **options
    )
    ids: list[int] = out[0, 1 + forced :].tolist()
    return ids


def request(
    name: str, text: str, pair: tuple[str, str], new_tokens: int = 24, **more: Any
) -> GenerationRequest:
    prompt = Prompt(
        prefix=text, source_language=pair[0], target_language=pair[1], begun=more.pop("begun", "")
    )
    return tiny.request(name, prompt, max_new_tokens=new_tokens, **more)


class Recorder(Engine):
    """The engine, remembering the ids it chose."""

    def __init__(self, loaded, **kwargs):
        super().__init__(loaded, **kwargs)
        self.chosen: dict[str, list[int]] = {}

    def _accept(self, answer, logits):
        delta = super()._accept(answer, logits)
        self.chosen.setdefault(answer.request_id, []).append(answer.last_token)
        return delta

    def run(self):
        deltas = []
        while self.has_work:
            deltas += self.step()
        return deltas


def test_every_family_runs_in_a_batch(translator):
    assert Engine(translator).why_not_batched is None


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_greedy_equals_generate_in_any_schedule(family, translator, plain, expected, data):
    row = st.tuples(
        st.integers(0, 6),
        st.sampled_from(TEXTS),
        st.sampled_from(PAIRS[family]),
        st.integers(1, 16),
        st.none() | st.integers(0, 10),
    )
    schedule = data.draw(st.lists(row, min_size=1, max_size=6))
    engine = Recorder(translator, max_batch=data.draw(st.integers(1, 5)))
    deltas, step = [], 0
    while engine.has_work or step <= max(join for join, *_ in schedule):
        for at, (join, text, pair, tokens, abort) in enumerate(schedule):
            if join == step:
                engine.add(request(str(at), text, pair, tokens))
            if abort == step:
                engine.abort(str(at))
        deltas += engine.step()
        step += 1
    shown = tiny.texts(deltas)
    for at, (_, text, pair, tokens, abort) in enumerate(schedule):
        ids = expected(text, pair, tokens)
        chosen = engine.chosen.get(str(at), [])
        if abort is None:
            assert chosen == ids
            visible = [token for token in ids if translator.codec.is_visible(token)]
            assert shown[str(at)] == plain.decode(visible, skip_special_tokens=True)
        else:
            assert chosen == ids[: len(chosen)]


def test_texts_that_come_together_are_encoded_together(family, translator, monkeypatch):
    batches: list[int] = []
    model: Any = translator.model
    encoder = model.get_encoder()
    encode = encoder.forward

    def forward(**inputs):
        batches.append(len(inputs["input_ids"]))
        return encode(**inputs)

    monkeypatch.setattr(encoder, "forward", forward)
    engine = Recorder(translator, max_batch=8)
    batches.clear()
    for at, text in enumerate(TEXTS):
        engine.add(request(str(at), text, PAIRS[family][0], 8))
    engine.run()
    assert batches == [len(TEXTS)]


def test_a_translation_that_was_begun_goes_on_as_generate_does(family, translator, plain):
    pair, begun = PAIRS[family][0], "the quick fox"
    engine = Recorder(translator)
    engine.add(request("fresh", TEXTS[1], pair, 12))
    engine.add(request("begun", TEXTS[2], pair, 12, begun=begun))
    shown = begun + tiny.texts(engine.run())["begun"]
    prompt = Prompt(prefix=TEXTS[2], source_language=pair[0], target_language=pair[1], begun=begun)
    rendered = translator.renderer.render(prompt)
    assert begun == plain.decode(rendered.answer_ids, skip_special_tokens=True).split("__")[-1].strip()
    model: Any = translator.model
    ids, begun_ids = torch.tensor([rendered.ids]), torch.tensor([rendered.answer_ids])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), decoder_input_ids=begun_ids, max_new_tokens=12
    )
    assert engine.chosen["begun"] == out[0, begun_ids.shape[1] :].tolist()
    whole = [*rendered.begun_ids, *engine.chosen["begun"]]
    visible = [token for token in whole if translator.codec.is_visible(token)]
    assert shown == plain.decode(visible, skip_special_tokens=True)


def test_a_pair_that_the_model_cannot_do_is_refused(family, translator):
    engine = Engine(translator)
    for pair in [("en", "tlh"), ("tlh", "fr")]:
        with pytest.raises(GenerationError) as caught:
            engine.add(request("a", "hello", pair))
        assert "cannot translate" in caught.value.user_message
    assert not engine.has_work


def test_an_unknown_source_is_given_a_try(family, translator):
    engine = Recorder(translator)
    engine.add(request("unknown", TEXTS[0], ("", "fr"), 8))
    engine.add(request("english", TEXTS[0], ("en", "fr"), 8))
    texts = tiny.texts(engine.run())
    assert texts["unknown"] == texts["english"]


def test_what_is_no_text_to_translate_is_refused(translator):
    engine = Engine(translator)
    messages = Prompt((PromptMessage("user", "hello"),), target_language="fr")
    for prompt in (messages, Prompt(prefix="hello"), Prompt(prefix=" ", target_language="fr")):
        with pytest.raises(GenerationError):
            engine.add(tiny.request("a", prompt))
    with pytest.raises(PromptTooLongError):
        engine.add(request("a", "The quick brown fox. " * 1000, ("en", "fr")))


def test_control_tokens_in_a_text_are_only_letters(family, translator):
    renderer, codec = translator.renderer, translator.codec
    pair = PAIRS[family][0]
    plain_ids = renderer.render(Prompt(prefix="hello", source_language=pair[0], target_language=pair[1])).ids
    forged = " ".join(["hello", *codec.control_strings])
    ids = renderer.render(Prompt(prefix=forged, source_language=pair[0], target_language=pair[1])).ids
    unknown = codec.tokenizer.unk_token_id
    assert [i for i in ids if i in codec.control_ids and i != unknown] == [
        i for i in plain_ids if i in codec.control_ids and i != unknown
    ]


def test_the_overhead_is_never_less_than_what_a_prompt_adds(family, translator):
    for source, target in PAIRS[family]:
        for text in TEXTS:
            prompt = Prompt(prefix=text, source_language=source, target_language=target)
            added = len(translator.renderer.render(prompt).ids) - translator.codec.count([text])[0]
            assert added <= translator.info.prompt_overhead


def test_text_and_translation_have_a_window_each(family, translator):
    engine = Recorder(translator)
    engine.add(request("a", "x", PAIRS[family][0], 10_000))
    assert engine.run()[-1].finish_reason in ("length", "stop")
    assert len(engine.chosen["a"]) < translator.info.context_window


def test_a_stop_string_ends_a_translation(family, translator):
    engine = Recorder(translator)
    engine.add(request("all", TEXTS[2], PAIRS[family][0], 12))
    whole = tiny.texts(engine.run())["all"]
    stop = whole[len(whole) // 2 :][:3]
    engine.add(request("cut", TEXTS[2], PAIRS[family][0], 12, stop=(stop,)))
    deltas = engine.run()
    assert deltas[-1].finish_reason == "stop"
    assert tiny.texts(deltas)["cut"] == whole[: whole.index(stop)]
