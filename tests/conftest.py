"""Fixtures that several folders share."""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from cnninspect.cli.app import run

if "PYTEST_XDIST_WORKER" in os.environ:  # one process a core: threads of torch's own would fight over it
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# The same examples each time, few of them; a property is searched further by hand: HYPOTHESIS_PROFILE=search pytest …
settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("search", deadline=None, max_examples=3000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))


class Result(NamedTuple):
    """What one command line came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def _no_cache() -> Iterator[None]:
    """No test reads or writes the cache or the settings of whoever runs it, here or in a process that it starts."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CNNINSPECT_CACHE", "off")
        environment.setenv("CNNINSPECT_CONFIG", "off")
        yield


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the terminal it is started from."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line in this process."""

    def carry_out(*arguments: str) -> Result:
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return carry_out
