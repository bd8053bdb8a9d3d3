"""What two processes gain over one, and what one holds after many networks: ``python -m tests.benchmarks.sweeps``.

On a machine that does nothing else; the first argument is the glob, ``torchvision:*`` by default.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cnninspect.sweep.resident import resident
from tests.functional.test_process import CNNINSPECT


def run(pattern: str, jobs: int, folder: Path) -> tuple[float, int]:
    """Seconds, and the most bytes that one of its processes held."""
    file, most, started = folder / f"{jobs}.jsonl", 0, time.monotonic()
    with subprocess.Popen([*CNNINSPECT, "sweep", pattern, "--jobs", str(jobs), "-q", "-o", str(file)]) as process:
        while process.poll() is None:
            most = max([most, *(resident(number) or 0 for number in children(process.pid))])
            time.sleep(0.25)
    return time.monotonic() - started, most


def children(parent: int) -> list[int]:
    """Processes that another has started, by what the system says of all."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has just ended
            if int(place.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == parent:
                found.append(int(place.parent.name))
    return found


def main() -> None:
    pattern = (sys.argv[1:] or ["torchvision:*"])[0]
    with tempfile.TemporaryDirectory() as folder:
        found = {jobs: run(pattern, jobs, Path(folder)) for jobs in (1, 2)}
    for jobs, (seconds, most) in found.items():
        print(f"{pattern}, {jobs} at once: {seconds:.1f} s, {most / 2**20:.0f} MiB at most in a process")
    print(f"two take {found[1][0] / found[2][0]:.2f} times less")


if __name__ == "__main__":
    main()
