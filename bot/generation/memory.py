"""How much memory a model may take here, and on which device it would run.

Torch-free: reads what the operating system and NVIDIA's own tool say. Linux first; elsewhere it
answers that it does not know.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MIB: Final = 1024 * 1024
_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that are free for a model, and whether they are a GPU's."""

    available_bytes: int
    is_gpu: bool


def available_memory(device: str = "auto") -> Memory:
    """What a model may take on `device` (`auto`, `cpu`, `cuda`, `cuda:1`, ...).

    `auto` is the GPU with most free memory where torch was built for one, else main memory.
    0 bytes when it cannot be found out.
    """
    if device != "cpu" and (device != "auto" or torch_has_cuda()):
        gpu_bytes = gpu_free_bytes()
        if gpu_bytes or device != "auto":
            return Memory(gpu_bytes, is_gpu=True)
    return Memory(main_memory_bytes(), is_gpu=False)


def torch_has_cuda() -> bool:
    """Whether the installed torch was built with CUDA; looks for its library, imports nothing."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    return (Path(found.origin).parent / "lib" / "libtorch_cuda.so").exists()


def gpu_free_bytes() -> int:
    """Free memory of the GPU that has most of it, by `nvidia-smi`; 0 where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    query = [tool, "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
        return max((int(line) for line in answer.stdout.split()), default=0) * _MIB
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def main_memory_bytes(proc: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Main memory to be had without swapping: MemAvailable, or what a container's limit leaves."""
    available = _meminfo_available(proc)
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    if limit is not None and used is not None:
        available = min(available, max(limit - used, 0))
    return available


def _meminfo_available(proc: Path) -> int:
    try:
        for line in proc.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return 0


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max" means no limit
        return None
