"""The bundled model's folder, and the check that its files are whole.

Standard library only: knows names, sizes and digests of files, and nothing about what they hold.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parent
MANIFEST = "manifest.json"


def write_manifest(folder: Path = FOLDER) -> None:
    """Record size in bytes and SHA-256 of every model file of `folder` in its manifest."""
    entries = {name: _entry(folder / name) for name in _model_files(folder)}
    text = json.dumps({"algorithm": "sha256", "files": entries}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify_manifest(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files of `folder`, one sentence each; empty where all is well.

    Raises FileNotFoundError where there is no manifest.
    """
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    problems = [f"{name} is not in the manifest" for name in _model_files(folder) if name not in entries]
    for name, entry in entries.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{name} has {path.stat().st_size} bytes, not {entry['bytes']}")
        elif _entry(path) != entry:
            problems.append(f"{name} has another SHA-256")
    return problems


def _model_files(folder: Path) -> list[str]:
    """Names of all files but Python's, the manifest and hidden ones."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file()
        and path.name != MANIFEST
        and path.suffix not in {".py", ".pyc"}
        and not path.name.startswith(".")
    )


def _entry(path: Path) -> dict[str, int | str]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
