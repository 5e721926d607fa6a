"""`relume bench`: how fast each model is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from .maybe import optional

if TYPE_CHECKING:
    from ..pipeline.bench import BenchJob, Measured

__all__ = ["Bench"]

_CLIP = "the bundled clip"
_LONGEST = 3600  # seconds; a shorter video is copied until it lasts as long


@dataclass
class Bench:
    """Time relighting stage by stage, live, on a still and from a cold start.

    Models take turns, so that what else the machine does meets all alike; each measurement runs
    in a process of its own. Leave the machine alone meanwhile.

    Example: relume bench talk.mp4 --models compact ratio --seconds 40 --json figures.json
    """

    source: Annotated[tyro.conf.Positional[str | None], optional(metavar="[FILE]")] = None
    """A video; the bundled clip by default."""
    models: Annotated[tuple[str, ...], optional(aliases=["--model"], metavar="NAME ...")] = ()
    """What to time: compact, ratio, paper, or several of them to be compared with the first. By
    default what `relume relight` would use."""
    light: Annotated[str, tyro.conf.arg(aliases=["-l"], metavar="LIGHT")] = "rembrandt"
    """The new light, as `relume relight` takes it."""
    yaw: float = 0.0
    """Degrees to turn the camera, as `relume relight` takes them; a turn costs time."""
    seconds: Annotated[float | None, optional(metavar="FLOAT")] = None
    """Use so many seconds of the video, from its start; a shorter one is played over and over. An
    hour at most; all of it once by default."""
    rounds: int = 3
    """How often each model is measured; medians are shown."""
    json: Annotated[Path | None, optional(metavar="FILE")] = None
    """Also write every round's figures there."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace that file if it exists."""

    def run(self) -> None:
        """Do it."""
        import math
        import tempfile
        from contextlib import ExitStack
        from importlib import resources

        from ..errors import UsageError
        from ..media.source import is_camera
        from ..pipeline.bench import BenchJob
        from ..pipeline.models import default_model
        from ..place import OutputPlace
        from .bench_table import BenchRun, print_run
        from .progress import progress_bar

        if self.rounds < 1:
            raise UsageError(f"--rounds is 1 or more, got {self.rounds}")
        if self.seconds is not None and not 0 < self.seconds <= _LONGEST:
            raise UsageError(
                f"--seconds is above 0 and {_LONGEST} (an hour) at most, got {self.seconds:g}"
            )
        if self.source is not None and is_camera(self.source):
            raise UsageError("a camera is never the same twice: give a video file")
        models = list(dict.fromkeys(self.models)) or [default_model()]
        with ExitStack() as stack:
            place = None
            if self.json is not None:
                place = OutputPlace(self.json, overwrite=self.overwrite)
                stack.enter_context(place.guard())
                place.partial.touch()  # else the system's word on it comes after minutes
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="relume-bench-"))
            assets = resources.files("relume").joinpath("assets/demo.mp4")
            if self.source is None:
                name, clip = _CLIP, str(stack.enter_context(resources.as_file(assets)))
            else:
                name = clip = self.source
            run = BenchRun.start(name, self.light, self.yaw, self.seconds, models)
            turn = math.radians(self.yaw)
            with progress_bar("measurements") as advance:
                for count in range(self.rounds * len(models)):
                    model = models[count % len(models)]
                    job = BenchJob(clip, folder, model, self.light, turn, self.seconds)
                    run.add(model, _measured(job), _cold_start(job))
                    advance(count + 1, self.rounds * len(models))
            print_run(run)
            if place is not None:
                place.partial.write_text(run.to_json(), encoding="utf-8")
                place.commit()


def _measured(job: BenchJob) -> Measured:
    """`measure` in a fresh process, so that peak memory is this model's alone."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from ..errors import ModelError
    from ..pipeline.bench import measure

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_settle) as worker:
        try:
            return worker.submit(measure, job).result()
        except BrokenProcessPool:
            raise ModelError(
                f"the process that timed the {job.model} model was ended from outside, most often"
                " because memory ran out; give it a machine with more of it"
            ) from None
        except KeyboardInterrupt:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _settle() -> None:
    """The process as `relume relight` sets it, but that the one that started it ends it."""
    import signal

    from .process import one_thread_a_stage, prepare

    prepare()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    one_thread_a_stage()


def _cold_start(job: BenchJob) -> float | None:
    """Seconds from a command until a picture stands relit; None where it failed."""
    import math
    import subprocess
    import sys
    import time

    from ..pipeline.bench import STILL

    folder = Path(job.folder)
    command = [sys.executable, "-m", "relume", "relight", str(folder / STILL), "-y", "-q"]
    command += ["-o", str(folder / "cold.png")]
    options = ["--light", job.light, "--yaw", str(math.degrees(job.yaw)), "--model", job.model]
    begun = time.perf_counter()
    done = subprocess.run([*command, *options], capture_output=True, check=False, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        print(f"relume: warning: no cold start timed: {done.stderr.strip()}", file=sys.stderr)
        return None
    return seconds
