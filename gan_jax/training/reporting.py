"""What one can watch of a run: a progress bar, metrics.jsonl, TensorBoard events, log.txt and pictures."""

import json
import logging
import math
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import jax
from tensorboardX import SummaryWriter
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from gan_jax.errors import InputError
from gan_jax.provenance.marks import marks
from gan_jax.sampling.grids import Picture, enlarge, grid, save_png
from gan_jax.training import curves

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds


class Reporter:
    """Writes a run's progress into its workdir, from process 0; in every other process all of it does nothing.

    `start` is the step that the run goes on from: what an earlier session reported of later steps is dropped.
    """

    def __init__(self, workdir: Path, steps: int, batch_size: int, start: int = 0) -> None:
        self._workdir, self._steps, self._batch_size, self._start = workdir, steps, batch_size, start
        self._writes = jax.process_index() == 0

    def __enter__(self) -> "Reporter":
        if self._writes:
            with ExitStack() as stack:
                self._open(stack)
                self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._writes:
            if isinstance(error, Exception):
                record = ("gan_jax", logging.ERROR, __file__, 0, "The run stopped.", (), (kind, error, traceback))
                self._log_file.handle(logging.LogRecord(*record))  # the file alone: the caller shows it on stderr
            with suppress(OSError) if error else nullcontext():  # of a disk that is full: the first error says it
                self._stack.close()

    def _open(self, stack: ExitStack) -> None:
        self._workdir.mkdir(parents=True, exist_ok=True)
        self._log_file = stack.enter_context(_log_file(self._workdir / "log.txt"))
        metrics = self._workdir / "metrics.jsonl"
        self._line = _drop_after(metrics, self._start)
        self._seconds_before = self._line.get("seconds", 0.0)
        self._file = stack.enter_context(metrics.open("r+b", buffering=0))
        self._line_begins = self._file.seek(0, os.SEEK_END)
        purge_step = self._start + 1 if self._start else None
        self._tensorboard = SummaryWriter(str(self._workdir), purge_step=purge_step, flush_secs=10)
        stack.callback(self._tensorboard.close)
        self._bar = stack.enter_context(
            tqdm(
                total=self._steps * self._batch_size,
                initial=self._start * self._batch_size,
                unit=" images",
                unit_scale=True,
                dynamic_ncols=True,
                mininterval=0.5 if sys.stderr.isatty() else 30.0,
            )
        )
        stack.enter_context(logging_redirect_tqdm())
        self._began = self._curves_drawn = time.monotonic()
        self._last: tuple[int, float] | None = None  # step and time of the last report

    def advance(self, step: int) -> None:
        """Moves the bar: all steps before and with this one are done."""
        if self._writes:
            self._bar.update(step * self._batch_size - self._bar.n)

    def metrics(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Reports numbers of a step; a second report of the same step is merged into the first.

        Numbers that are not finite are null in metrics.jsonl. The rate counts from one report to the next, and so
        leaves out compilation, and what was done between two reports of the same step.
        """
        if not self._writes:
            return
        now = time.monotonic()
        finite = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
        line = {
            "step": step,
            "images": step * self._batch_size,
            "seconds": round(self._seconds_before + now - self._began, 3),
        }
        if self._last is not None and step > self._last[0]:
            since_step, since = self._last
            rate = (step - since_step) * self._batch_size / (now - since)
            line["images_per_second"] = round(rate, 1)
            self._tensorboard.add_scalar("images_per_second", rate, step)
        self._last = (step, now)
        self._write(line | {name: finite.get(name) for name in metrics})
        for name, value in finite.items():
            self._tensorboard.add_scalar(name, value, step)
        losses = {name.removesuffix("/loss"): value for name, value in metrics.items() if name.endswith("/loss")}
        if losses:
            self._bar.set_postfix_str(", ".join(f"{name} {value:.4g}" for name, value in losses.items()), refresh=False)

    def evaluation(self, step: int, values: Mapping[str, float]) -> None:
        """Reports the results of evaluations, and shows them in the log too."""
        self.metrics(step, values)
        if self._writes:
            width = max(map(len, values))
            rows = [f"  {name:<{width}}  {value:.5g}" for name, value in values.items()]
            log.info("%s", "\n".join([f"Evaluation after step {step}:", *rows]))

    def _write(self, line: dict[str, Any]) -> None:
        if line["step"] == self._line.get("step"):
            line = self._line | line
        else:
            self._line_begins = self._file.seek(0, os.SEEK_END)
        self._line = line
        self._file.seek(self._line_begins)
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.truncate()
        except OSError as error:
            raise InputError(f"{self._workdir / 'metrics.jsonl'} cannot be written: {error.strerror}.") from error

    def samples(self, step: int, picture: Picture, name: str = "samples", *, composite: bool = False) -> None:
        """Shows what was drawn as samples/step_*.png, of another draw as samples/NAME_*.png, and in TensorBoard.

        `composite` says whether it was made of pictures.
        """
        text = marks(self._origin(step), composite=composite)
        self._picture(f"samples/{'step' if name == 'samples' else name}_{step:08d}.png", name, step, picture, text)

    def real(self, picture: Picture) -> None:
        """Shows images of the data as real.png and in TensorBoard, to hold the samples against."""
        self._picture("real.png", "real", self._start, picture, self._origin(self._start))

    def curves(self, *, last: bool) -> None:
        """Draws all that was reported so far as curves.png; before the `last` time not oftener than once a minute."""
        now = time.monotonic()
        if not self._writes or not self._line or not (last or now > self._curves_drawn + MINUTE):
            return
        if not curves.available():
            if last:
                log.info("Curves:      pip install 'gan-jax[plots]' draws them as curves.png")
            return
        self._curves_drawn = now
        try:
            curves.draw(self._workdir, self._workdir / "curves.png")
        except Exception as error:  # a picture costs no run
            log.warning("curves.png could not be drawn: %s", error)

    def _origin(self, step: int) -> dict[str, str]:
        return {"run": self._workdir.name, "step": str(step)}

    def _picture(self, file: str, tag: str, step: int, picture: Picture, text: Mapping[str, str]) -> None:
        if self._writes:
            pixels = grid(enlarge(picture.images), picture.columns, picture.gap)
            save_png(self._workdir / file, pixels, text)
            self._tensorboard.add_image(tag, pixels, step, dataformats="HWC")


@contextmanager
def _log_file(path: Path):
    """Sends what is logged, from INFO on for this package, to a file with timestamps."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root, package = logging.getLogger(), logging.getLogger("gan_jax")
    level = package.level
    package.setLevel(min(logging.INFO, package.getEffectiveLevel()))
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        package.setLevel(level)
        handler.close()


def _drop_after(path: Path, start: int) -> dict[str, Any]:
    """Drops the lines of steps after `start`, and what a killed process left half-written; returns the last line."""
    path.touch()
    old = path.read_bytes()
    kept, last = [], {}
    for line in old.splitlines(keepends=True):
        report = _report(line)
        if report and start > 0 and report["step"] <= start:
            kept.append(line)
            last = report
    new = b"".join(kept)
    if new != old:
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(new)
        os.replace(temporary, path)
    return last


def _report(line: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return report if isinstance(report, dict) and "step" in report else None
