"""The commands, one row each, in the order of the help."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class CommandRow(NamedTuple):
    """A command.

    Attributes:
        about: What it is for, in a line of the list of commands.
        gives: As JSON: a module and a type in it; ``None``: something else.
    """

    about: str
    gives: str | None


#: Each is a file beside this one with a function of its name, or with commands of its own (``cache info``).
COMMANDS: Final = {
    "summary": CommandRow("one forward pass: the layer table and the totals", "cnninspect.report:Report"),
    "check": CommandRow(
        "a gate for CI: budgets, an expected output shape, a saved baseline", "cnninspect.budgets.verdicts:CheckResult"
    ),
    "compare": CommandRow("networks side by side, two of them like a diff", "cnninspect.compare.comparison:Comparison"),
    "explain": CommandRow(
        "where each number comes from, as formulas", "cnninspect.explain.explanation:ExplanationRecord"
    ),
    "apply": CommandRow("layers on a small matrix, window by window", "cnninspect.apply.applied:Applied"),
    "verify": CommandRow("are two definitions the same network?", "cnninspect.verify.evidence:Verification"),
    "profile": CommandRow(
        "what it costs to run and to train: memory, time by layer, what fits", "cnninspect.profile.profiled:Profile"
    ),
    "draw": CommandRow(
        "the network as a picture: its graph, or its feature maps as blocks", "cnninspect.draw.drawing:DrawnGraph"
    ),
    "view": CommandRow(
        "what a layer computes: maps of an image, kernels, weights", "cnninspect.view.viewed:NetworkView"
    ),
    "sweep": CommandRow(
        "the figures of many networks, into a file that can be gone on with", "cnninspect.sweep.line:SweepLine"
    ),
    "models": CommandRow("what can be named, with its published figures", "cnninspect.loading.catalogue:Catalogue"),
    "cache info": CommandRow("where reports are kept, and how many", "cnninspect.cache.state:CacheInfo"),
    "cache clear": CommandRow("remove the reports that are kept", "cnninspect.cache.state:CacheCleared"),
    "schema": CommandRow("the JSON Schema of what a command gives as JSON", None),
}
#: What commands with commands of their own are for.
GROUPS: Final = {"cache": "the store of earlier results"}
#: What others call a command; those that there are not are passed over.
_SYNONYMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("diff", "difference", "cmp"), "compare"),
    **dict.fromkeys(("list", "ls", "zoo", "find", "search"), "models"),
    **dict.fromkeys(("graph", "plot", "show", "picture"), "draw"),
    **dict.fromkeys(("info", "table", "print", "stats"), "summary"),
    **dict.fromkeys(("same", "equal"), "verify"),
    **dict.fromkeys(("gate", "assert"), "check"),
    **dict.fromkeys(("why",), "explain"),
    **dict.fromkeys(("kernels", "activations", "maps", "filters", "weights"), "view"),
    **dict.fromkeys(("batch", "scan", "walk"), "sweep"),
    **dict.fromkeys(("bench", "benchmark", "memory", "time"), "profile"),
}


def listed() -> dict[str, str]:
    """The words that a command line can begin with, each with what it is for."""
    names = dict.fromkeys(name.partition(" ")[0] for name in COMMANDS)
    return {name: GROUPS.get(name) or COMMANDS[name].about for name in names}


def meant_by(word: str) -> str | None:
    """The command that goes by this name elsewhere.

    >>> meant_by("diff"), meant_by("alexnet")
    ('compare', None)
    """
    meant = _SYNONYMS.get(word)
    return meant if meant in listed() else None
