"""The layout of a result, by its kind: what Python shows of it."""

from cnninspect.apply.applied import Applied
from cnninspect.budgets.verdicts import Outcome
from cnninspect.compare.comparison import Comparison
from cnninspect.explain.explanation import Explanation
from cnninspect.formats.document import Document
from cnninspect.profile.profiled import Costs
from cnninspect.report import Report
from cnninspect.shown import Shown
from cnninspect.sweep.sweeping import Sweep
from cnninspect.verify.evidence import Evidence
from cnninspect.view.viewed import NetworkView

_WIDTH = 100  # cells: matrices stand beside each other as far as it goes


def laid_out(result: Shown) -> Document:
    """The document that a command would show."""
    match result:
        case Report():
            from cnninspect.formats import summary

            return summary.lay_out(result)
        case Comparison():
            from cnninspect.formats import compare

            return compare.lay_out(result)
        case Explanation():
            from cnninspect.formats import explain

            return explain.lay_out(result)
        case Applied():
            from cnninspect.formats import apply

            return apply.lay_out(result, _WIDTH, "cnninspect apply")
        case Costs():
            from cnninspect.formats import profile

            return profile.lay_out(result)
        case Outcome():
            from cnninspect.formats import check

            return check.lay_out((result,))
        case Evidence():
            from cnninspect.formats import verify

            return verify.lay_out(result)
        case NetworkView():
            from cnninspect.formats import view

            return view.lay_out(result)
        case Sweep():
            from cnninspect.formats import sweep

            return sweep.lay_out(result)
    raise TypeError(f"{type(result).__name__} has no layout")
