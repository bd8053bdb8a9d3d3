"""The report itself, as the contract of ``schema_version`` has it."""

from cnninspect.formats.interface import View
from cnninspect.report import Report


def render(report: Report, view: View) -> str:  # noqa: ARG001 - the signature of all formats
    """Every figure, whatever the columns and the depth."""
    return report.to_json()
