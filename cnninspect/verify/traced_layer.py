"""A layer beside its counterpart: what was seen of the two, and how they are named."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.verify.evidence import Departure
from cnninspect.verify.trace import LayerAgreement

#: What follows from settings, or from what comes before.
CONSEQUENCES: Final = frozenset(("inputs", "outputs", "params", "trainable_params"))


class TracedLayer(NamedTuple):
    """An entry of an alignment with the classes of its layers and what was seen of them."""

    entry: Aligned
    types: tuple[str | None, str | None]
    seen: LayerAgreement

    @property
    def is_pair(self) -> bool:
        """Do both networks have it?"""
        return self.entry.first is not None and self.entry.second is not None

    @property
    def gets_the_same(self) -> bool:
        """Do the same numbers reach both, in whatever order?"""
        return bool(self.seen.inputs_agree) or self.seen.is_permuted

    @property
    def may_matter(self) -> bool:
        """Could it be why two networks part? Not what is the same, gives what it gets, or is never called."""
        is_idle = not self.is_pair and self.seen.is_identity is None
        return self.entry.status != Status.same and not self.seen.is_identity and not is_idle

    @property
    def called(self) -> str:
        """``features.0 (Conv2d)``, with both paths if they are not the same."""
        mine, other = (
            None if path is None else f"{path or 'the model itself'} ({kind})"
            for path, kind in zip((self.entry.first, self.entry.second), self.types, strict=True)
        )
        return " and ".join(dict.fromkeys(filter(None, (mine, other))))

    def departure(self, why: str) -> Departure:
        """The two part here."""
        return Departure(self.entry.first, self.entry.second, why)

    def what_differs(self, names: tuple[str, str]) -> str:
        """``padding is 1×1 in net.py:Net and 2×2 in torchvision:alexnet``, for each setting, else for each shape."""
        settings = {name: pair for name, pair in self.entry.changes.items() if name not in CONSEQUENCES}
        for side, name in enumerate(names):
            if settings and all(pair[side] is None for pair in settings.values()):  # as in a program of torch.export
                return f"its settings are not known in {name}"
        return ", ".join(
            f"{name} is {_value(mine)} in {names[0]} and {_value(other)} in {names[1]}"
            for name, (mine, other) in (settings or self.entry.changes).items()
        )


def listed(words: Sequence[str], most: int = 4) -> str:
    """The first of them, and how many more there are.

    Args:
        words: What is listed.
        most: How many are shown.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _value(value: object) -> str:
    """A kernel of ``[3, 3]`` is 3×3, what isn't there none."""
    if isinstance(value, list | tuple):
        return ("×" if all(isinstance(item, int) for item in value) else ", ").join(map(str, value)) or "none"
    return "none" if value is None else str(value)
