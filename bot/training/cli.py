"""The commands of `python -m bot train`: thin wrappers that parse options and call the recipes.

Heavy imports stay inside the functions, so that the command line starts fast.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Make the bundled model: pretrain, evaluate, export.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option("--data", help="Folder with the .jsonl.xz files.")]
RunOption = Annotated[Path, typer.Option("--run", help="Folder of the run: checkpoints, metrics, tokenizer.")]
DEFAULT_RUN = Path("runs/pocket")
POCKET = Path(__file__).parent.parent / "generation" / "pocket"
SELECTOR = Path(__file__).parent.parent / "conversation" / "text" / "selector.json"


TUNING = {
    "OMP_WAIT_POLICY": "passive",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""Keeps big buffers in the process between steps, in huge pages: about 45% more speed on a processor."""


def _tune_process() -> None:
    """Start this program again with TUNING in its environment, which libraries read at start only."""
    if sys.platform == "linux" and not TUNING.keys() <= os.environ.keys():
        environment = {**TUNING, **os.environ}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


@app.callback()
def main() -> None:
    """Make the bundled model: pretrain, evaluate, export."""


@app.command()
def pretrain(
    data: DataOption = Path("data"),
    run: RunOption = DEFAULT_RUN,
    preset: Annotated[str, typer.Option(help="Size and schedule: cpu, gpu or tiny.")] = "cpu",
    steps: Annotated[int | None, typer.Option(help="Last step, in place of the preset's.")] = None,
    decay_steps: Annotated[int | None, typer.Option(help="Steps of the final decay.")] = None,
    finish_in: Annotated[
        float | None, typer.Option(help="Minutes in which the rate falls to 0 and the run ends.")
    ] = None,
    is_tuned: Annotated[
        bool, typer.Option("--tune/--no-tune", help="Restart with memory settings that are fast.")
    ] = True,
    is_compiled: Annotated[bool, typer.Option("--compile/--no-compile", help="Use torch.compile.")] = True,
) -> None:
    """Train the bundled model; run it again to resume after a stop of any kind."""
    if not (data / "translation-1.jsonl.xz").is_file():
        raise typer.BadParameter(f"no training data in {data}", param_hint="--data")
    if is_tuned:
        _tune_process()
    from bot.training.presets import PRESETS
    from bot.training.pretrain import Trainer
    from bot.training.tasks import open_streams

    if preset not in PRESETS:
        raise typer.BadParameter(f"one of {', '.join(PRESETS)}", param_hint="--preset")
    chosen = PRESETS[preset]
    chosen = dataclasses.replace(
        chosen, steps=steps or chosen.steps, decay_steps=decay_steps or chosen.decay_steps
    )
    streams = open_streams(data, run / "tokenizer.json", chosen)
    finish_in_s = None if finish_in is None else finish_in * 60
    Trainer(chosen, streams.packer, streams.valid, run, compiled=is_compiled, finish_in_s=finish_in_s).run()


@app.command()
def export(
    run: RunOption = DEFAULT_RUN,
    out: Annotated[Path, typer.Option(help="Folder of the exported model.")] = POCKET,
    checkpoint: Annotated[str, typer.Option(help="latest.pt, stable.pt or final.pt.")] = "final.pt",
    is_average: Annotated[
        bool, typer.Option("--average/--last", help="Moving average of the weights, for a run cut short.")
    ] = False,
    translates: Annotated[str, typer.Option(help="Languages that the model translates.")] = "en,es,fr,de",
    version: Annotated[str, typer.Option(help="Version written into parley.json.")] = "0.1.0",
) -> None:
    """Write a checkpoint as a model folder that transformers loads, with its manifest."""
    from bot.training.export import export_model

    parameters = export_model(
        run / checkpoint,
        run / "tokenizer.json",
        out,
        is_average=is_average,
        translates=translates.split(","),
        version=version,
    )
    typer.echo(f"{parameters / 1e6:.2f}M parameters written to {out}")


@app.command()
def evaluate(
    data: DataOption = Path("data"),
    run: RunOption = DEFAULT_RUN,
    model: Annotated[Path, typer.Option(help="Model folder to score.")] = POCKET,
    history: Annotated[
        Path | None, typer.Option(help="JSON file that the scores are appended to; none: print only.")
    ] = None,
    is_card: Annotated[bool, typer.Option("--card", help="Write the model card and loss curve too.")] = False,
    sentences: Annotated[int, typer.Option(help="Translations for each direction.")] = 200,
) -> None:
    """Score a model folder on held-out material."""
    import json

    from bot.training import card
    from bot.training.evaluate import evaluate as score

    scores = score(model, data, sentences)
    typer.echo(json.dumps(scores, indent=2, ensure_ascii=False))
    if history is not None:
        card.append_history(history, model, scores)
    if is_card:
        card.write_card(model, run, data, scores)


@app.command()
def selector(
    data: DataOption = Path("data"),
    out: Annotated[Path, typer.Option(help="The weights file to write.")] = SELECTOR,
    seed: Annotated[int, typer.Option(help="Another seed, another start.")] = 0,
) -> None:
    """Train the small model that chooses which messages to quote; takes minutes on a processor."""
    if not (data / "summary-en.jsonl.xz").is_file():
        raise typer.BadParameter(f"no summary-en.jsonl.xz in {data}", param_hint="--data")
    from bot.training.selector import train

    train(data, out, seed)
    typer.echo(f"{out.stat().st_size / 1000:.0f} kB written to {out}")


if __name__ == "__main__":
    app()
