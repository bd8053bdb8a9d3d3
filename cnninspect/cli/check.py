"""``cnninspect check``: a gate for CI, budgets and a baseline held against one network or all of a project."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnninspect.cli import check_options as own
from cnninspect.cli import output
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.formats import DATA, SHARED, Format

if TYPE_CHECKING:
    from cnninspect.budgets.verdicts import Outcome


@prints(
    *SHARED,
    Format.junit,
    Format.github,
    quieter="No progress and no notes; of the table, the violations alone.",
    is_gate=True,
)
@own.of_entry
def check(
    *,
    update: own.Update = False,
    config: own.Config = None,
    no_cache: bool,
    to: Target,
    **typed: Any,
) -> int:
    """Hold a network against budgets and a baseline; exit 1 if it is beyond one.

    \b
    cnninspect check alexnet --max-params 62M --max-macs 0.8G --output-shape 1x1000
    cnninspect check alexnet --baseline alexnet.json --tolerance params=1% --tolerance macs=1%
    cnninspect check -f github

    Exact integers are compared, and equal passes. A figure that is unknown, or a bound that proves nothing, fails.
    Layers are counted as modules. The receptive field is that of the layer that sees most.

    A baseline is a report saved before. Without a tolerance, every total and every layer has to be as it was,
    whether it grew or shrank; --update agrees to what is new.

    Without MODEL, every [[tool.cnninspect.check]] of the nearest pyproject.toml is carried out. Its keys are the
    options below; paths in it start from its directory.

    \b
    cnninspect check net.py:Net -i 1x3x64x64 --max-layers Conv2d=5 --forbid Dropout --min-receptive-field 50
    cnninspect check alexnet --baseline alexnet.json --update
    cnninspect check alexnet.json --max-size 250MiB -f json
    cnninspect check -o checks.xml
    """
    from cnninspect.budgets import verdicts
    from cnninspect.cli import check_gates, check_run, reports

    manner = check_run.Manner(to.is_quiet, update, reports.cache(is_off=no_cache, is_quiet=to.is_quiet))
    folder, entries = check_gates.entries(typed, config, is_updating=update)
    with contextlib.chdir(folder):
        gates = check_gates.gates(entries, is_updating=update)
        outcomes = tuple(check_run.outcomes(gates, manner))
    _show(outcomes, to)
    return verdicts.exit_code(outcomes)


def _show(outcomes: "Sequence[Outcome]", to: Target) -> None:
    from cnninspect.formats import check as layout
    from cnninspect.formats import check_words
    from cnninspect.formats.presentation import written

    is_for_people = to.format is Format.table and to.file is None
    shown = layout.only_violations(outcomes) if to.is_quiet and is_for_people else outcomes
    is_said = any(outcome.verdicts for outcome in shown)
    if is_said or not is_for_people:
        show(layout.presentation(shown), to)
    if to.format is Format.github and os.environ.get("GITHUB_STEP_SUMMARY"):
        text = written(layout.presentation(outcomes), Format.markdown, to.terminal)
        output.append(f"{text}\n", Path(os.environ["GITHUB_STEP_SUMMARY"]))
    if to.format in DATA and not to.is_quiet:
        for sentence in check_words.doubts(outcomes):
            output.note(sentence)
    if to.file is not None and not to.is_quiet:
        output.note(layout.title(outcomes))
