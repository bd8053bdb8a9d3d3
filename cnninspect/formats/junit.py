"""JUnit XML: a suite a model, a test case a budget; a model that could not be run is an error, not a failure."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring  # that writes, and reads nothing

from cnninspect.budgets.verdicts import BudgetVerdict, Outcome, RunFailure
from cnninspect.formats import check_words, words


def render(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a document that CI servers read."""
    document = Element("testsuites", name="cnninspect check")
    for outcome in outcomes:
        _add_suite(document, outcome)
    _count(document)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{words.in_xml(tostring(document, encoding="unicode"))}\n'


def _add_suite(document: Element, outcome: Outcome) -> None:
    name = words.safe(outcome.model)
    suite = SubElement(document, "testsuite", name=name)
    of_model = f"cnninspect.{name}"
    if outcome.failure:
        _add_error(SubElement(suite, "testcase", name="forward pass", classname=of_model), outcome.failure)
    else:
        for verdict in outcome.verdicts:
            case = SubElement(suite, "testcase", name=words.safe(verdict.check.budget), classname=of_model)
            _add_verdict(case, verdict, outcome)
    _count(suite)


def _add_verdict(case: Element, verdict: BudgetVerdict, outcome: Outcome) -> None:
    if not verdict.check.passed:
        said = SubElement(case, "failure", message=check_words.sentence(verdict), type="violation")
        said.text = check_words.detail(verdict, outcome)
    elif verdict.reason:
        SubElement(case, "system-out").text = check_words.sentence(verdict)


def _add_error(case: Element, failure: RunFailure) -> None:
    said = SubElement(case, "error", message=check_words.headline(failure), type=f"exit code {failure.code}")
    said.text = check_words.failure(failure)


def _count(element: Element) -> None:
    for plural, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(plural, str(len(list(element.iter(kind)))))
