"""``--where``: comparisons of columns, which say what is kept: ``params<30M``, ``accuracy>=75``, ``batch=1``."""

import operator
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from cnninspect import totals
from cnninspect.cli import run_columns
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
_COMPARISON: Final = re.compile(r"\s*([A-Za-z_-]+)\s*(<=|>=|==|!=|<|>|=)\s*(\S.*?)\s*", re.ASCII)
_EQUALITIES: Final = ("=", "==", "!=")
#: Figures, and what is known of the run.
COLUMNS: Final = (*SORTABLE, *run_columns.NUMBERS, *run_columns.WORDS)


class Condition(NamedTuple):
    """A column against a value: a number, or of some columns a word."""

    column: str
    sign: str
    value: Fraction | str

    def holds(self, report: Report, accuracy: Accuracy | None) -> bool:
        """Does it hold for certain? What is unknown is no answer.

        Args:
            report: Of a network.
            accuracy: That is published for it.
        """
        value = _value(self.column, report, accuracy)
        bound = _TOTALS[self.column].figure(report).bound if self.column in _TOTALS else Bound.EXACT
        return value is not None and self.sign in _CERTAIN[bound] and _OPERATORS[self.sign](value, self.value)


def _value(column: str, report: Report, accuracy: Accuracy | None) -> float | str | None:
    own = run_columns.NUMBERS.get(column) or run_columns.WORDS.get(column)
    return own(report) if own else sort_value(column)(report, accuracy)


def conditions(texts: Iterable[str]) -> tuple[Condition, ...]:
    """What ``--where`` says; commas stand between several.

    >>> [str(each.value) for each in conditions(["params<30M,accuracy>=75.5"])]
    ['30000000', '151/2']

    Raises:
        RequestError: One is no comparison, or there is no such column.
    """
    return tuple(_condition(part) for text in texts for part in re.split(r",(?=\s*[A-Za-z])", text))


def _condition(text: str) -> Condition:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise RequestError(f"--where {text!r} is no comparison", hint="write 'params<30M', or 'accuracy>=75,batch=1'")
    typed, sign, value = match.groups()
    spelled = typed.replace("-", "_")
    column = totals.FORMER.get(spelled, spelled)
    if column not in COLUMNS:
        raise unknown_name("column", typed, COLUMNS, see=f"--where takes {', '.join(COLUMNS)}")
    if column not in run_columns.WORDS:
        return Condition(column, sign, (_TOTALS[column].unit.parse if column in _TOTALS else parse_count)(value))
    if sign not in _EQUALITIES:
        raise RequestError(f"--where {text!r}: {column} is a word", hint=f"compare it by = or !=: '{column}!={value}'")
    return Condition(column, sign, value)
