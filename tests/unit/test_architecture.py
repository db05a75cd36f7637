"""The habits of the house that no linter knows. (Import layers are checked by `lint-imports`.)"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "bot").rglob("*.py"))
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "stuff", "base_utils"}
LONGEST_FILE = 400
LONGEST_USUAL_FUNCTION = 40


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("root", ["bot", "tests", "benchmarks", "migrations"])
def test_no_module_is_named_after_nothing(root: str) -> None:
    paths = [path.relative_to(ROOT) for path in (ROOT / root).rglob("*.py")]
    assert not [path for path in paths if VAGUE_NAMES & {part.removesuffix(".py") for part in path.parts}]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_lives_in_it(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text()))


def test_files_stay_short() -> None:
    too_long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert not {name: lines for name, lines in too_long.items() if lines > LONGEST_FILE}


def test_nearly_all_functions_are_short() -> None:
    lengths = [length(function) for module in MODULES for function in functions(module)]
    long = sum(1 for lines in lengths if lines > LONGEST_USUAL_FUNCTION)
    assert long <= 0.05 * len(lengths)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_config_reads_the_environment(module: Path) -> None:
    """The engine's process, and the recipes, may set variables for the libraries under them."""
    relative = module.relative_to(ROOT / "bot").as_posix()
    if relative == "config.py" or relative.startswith(("generation/engine/", "training/")):
        return
    reads = [
        node.lineno
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
    ]
    assert not reads


def test_no_setting_is_a_global() -> None:
    """Settings are loaded by a command, never at import: importing the package reads nothing."""
    tree = ast.parse((ROOT / "bot" / "config.py").read_text())
    assigned = [
        node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    ]
    assert not assigned
