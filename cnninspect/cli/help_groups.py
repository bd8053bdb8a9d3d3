"""The groups in which a help text shows options, in its order."""

from enum import StrEnum


class HelpGroup(StrEnum):
    """What the options of a group decide, as it is headed."""

    held = "What it is held against"
    runs = "What runs"
    shown = "What is shown"
    goes = "Where it goes"
    beside = "What is said beside it"
