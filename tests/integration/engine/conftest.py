from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bot.generation.engine.loading import LoadedModel
from tests.integration.engine import tiny


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session", params=sorted(tiny.PADDED))
def padded_model(request, tmp_path_factory) -> LoadedModel:
    tokenizer = tiny.base_tokenizer()
    folder = tmp_path_factory.mktemp(request.param)
    tiny.save(folder, tiny.PADDED[request.param](len(tokenizer)), tokenizer)
    return tiny.load_tiny(folder)


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory) -> Path:
    tokenizer = tiny.base_tokenizer()
    return tiny.save(tmp_path_factory.mktemp("llama-base"), tiny.llama_config(len(tokenizer)), tokenizer)


@pytest.fixture(scope="session")
def llama(llama_folder) -> LoadedModel:
    return tiny.load_tiny(llama_folder)
