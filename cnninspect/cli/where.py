"""``--where``: comparisons of columns, which say what is kept: ``params<30M``, ``accuracy>=75``."""

import operator
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from cnninspect import totals
from cnninspect.errors import RequestError, unknown_name
from cnninspect.formats.side_by_side import SORTABLE, sort_value
from cnninspect.report import Report
from cnninspect.totals import Accuracy, Bound, Place
from cnninspect.units import parse_count

_TOTALS: Final = totals.read_in(Place.COMPARE)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
    "=": operator.eq,
}  # fmt: skip
#: What a bound says for certain: at least 5 is more than 4, and may be less than 6.
_CERTAIN: Final = {
    Bound.EXACT: tuple(_OPERATORS), Bound.AT_LEAST: (">", ">="), Bound.AT_MOST: ("<", "<="), Bound.UNKNOWN: (),
}  # fmt: skip
_COMPARISON: Final = re.compile(r"\s*([a-z_-]+)\s*(<=|>=|==|!=|<|>|=)\s*(\S.*?)\s*", re.ASCII)


class Condition(NamedTuple):
    """A column against a value."""

    column: str
    sign: str
    value: Fraction

    def holds(self, report: Report, accuracy: Accuracy | None) -> bool:
        """Does it hold for certain? What is unknown is no answer.

        Args:
            report: Of a network.
            accuracy: That is published for it.
        """
        value = sort_value(self.column)(report, accuracy)
        bound = Bound.EXACT if self.column == "accuracy" else _TOTALS[self.column].figure(report).bound
        return value is not None and self.sign in _CERTAIN[bound] and _OPERATORS[self.sign](value, self.value)


def conditions(texts: Iterable[str]) -> tuple[Condition, ...]:
    """What ``--where`` says; commas stand between several.

    >>> [str(each.value) for each in conditions(["params<30M,accuracy>=75.5"])]
    ['30000000', '151/2']

    Raises:
        RequestError: One is no comparison, or there is no such column.
    """
    return tuple(_condition(part) for text in texts for part in re.split(r",(?=\s*[a-z])", text))


def _condition(text: str) -> Condition:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise RequestError(f"--where {text!r} is no comparison", hint="write 'params<30M', or 'accuracy>=75,macs<5G'")
    typed, sign, value = match.groups()
    spelled = typed.replace("-", "_")
    column = totals.FORMER.get(spelled, spelled)
    if column not in SORTABLE:
        raise unknown_name("column", typed, SORTABLE, see=f"--where takes {', '.join(SORTABLE)}")
    return Condition(column, sign, (_TOTALS[column].unit.parse if column in _TOTALS else parse_count)(value))
