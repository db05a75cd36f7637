"""The bundled model's manifest: it finds what is missing, changed or added."""

from __future__ import annotations

from pathlib import Path

from bot.generation.pocket import verify_manifest, write_manifest


def make(folder: Path) -> Path:
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "__init__.py").write_text("", encoding="utf-8")
    write_manifest(folder)
    return folder


def test_a_whole_folder_has_no_problems(tmp_path: Path) -> None:
    assert verify_manifest(make(tmp_path)) == []


def test_changed_missing_and_added_files_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "model.safetensors").write_bytes(b"weightz")
    (folder / "config.json").unlink()
    (folder / "extra.bin").write_bytes(b"1")
    problems = verify_manifest(folder)
    assert problems == [
        "extra.bin is not in the manifest",
        "config.json is missing",
        "model.safetensors has another SHA-256",
    ]


def test_a_shortened_file_is_told_by_its_size(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "model.safetensors").write_bytes(b"weig")
    assert verify_manifest(folder) == ["model.safetensors has 4 bytes, not 7"]
