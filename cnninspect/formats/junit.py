"""JUnit XML: a suite a model, a test case a budget; a model that could not be run is an error, not a failure."""

from collections.abc import Sequence

from junitparser import Error, JUnitXml, TestCase, TestSuite
from junitparser import Failure as Violation

from cnninspect.budgets.verdicts import BudgetVerdict, Outcome
from cnninspect.formats import check_words, words


def render(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a document that CI servers read."""
    document = JUnitXml("cnninspect check")
    for outcome in outcomes:
        suite = TestSuite(words.safe(outcome.model))
        suite.add_testcases(_error(outcome) if outcome.failure else [_case(each, outcome) for each in outcome.verdicts])
        document.add_testsuite(suite)
    document.update_statistics()
    text: bytes = document.tostring()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{words.in_xml(text.decode())}\n'


def _case(verdict: BudgetVerdict, outcome: Outcome) -> TestCase:
    case = TestCase(words.safe(verdict.check.budget), f"cnninspect.{words.safe(outcome.model)}")
    if not verdict.check.passed:
        violation = Violation(check_words.sentence(verdict), "violation")
        violation.text = check_words.detail(verdict, outcome)
        case.result = [violation]
    elif verdict.reason:
        case.system_out = check_words.sentence(verdict)
    return case


def _error(outcome: Outcome) -> list[TestCase]:
    assert outcome.failure is not None, "it could not be run"  # noqa: S101
    case = TestCase("forward pass", f"cnninspect.{words.safe(outcome.model)}")
    error = Error(check_words.headline(outcome.failure), f"exit code {outcome.failure.code}")
    error.text = check_words.failure(outcome.failure)
    case.result = [error]
    return [case]
