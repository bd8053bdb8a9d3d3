"""Whether two networks are one: the four findings with their evidence, what is not the same, where they part."""

from collections.abc import Iterator, Sequence
from typing import Final

from cnninspect.compare.alignment import Status
from cnninspect.formats import layer_diff, words
from cnninspect.formats.document import Column, Document, Fact, Facts, Fit, Row, Table, Tone, remarks
from cnninspect.formats.document import words as line
from cnninspect.formats.presentation import Presentation
from cnninspect.formats.records import Records
from cnninspect.verify.evidence import Difference, Evidence, StateDictFit, Verdict

_MOST_KEYS: Final = 4
_MARKS: Final = {True: line("✓", Tone.good), False: line("✗", Tone.bad), None: line("?", Tone.dim)}
_MEANINGS: Final = {
    Verdict.identical: "are one network, the same to the last bit",
    Verdict.equivalent: "compute the same from the same weights",
    Verdict.different: "are not the same network",
}
_WORDS: Final = {True: "true", False: "false", None: None}
_FIELDS: Final = ("finding", "holds", "dtype", "max_abs", "max_rel", "evidence")


def presentation(evidence: Evidence) -> Presentation:
    """The verdict, to be written in any format; JSON has the verification alone."""
    return Presentation(
        data=lambda: evidence.verification,
        records=lambda: Records(_FIELDS, _records(evidence)),
        document=lambda: lay_out(evidence),
    )


def lay_out(evidence: Evidence) -> Document:
    """The findings as a document."""
    return Document(
        title=title(evidence),
        blocks=(_findings(evidence), *_unlike_layers(evidence), *_facts(evidence), *remarks(_remarks(evidence))),
        command=f"cnninspect verify {words.safe(evidence.first)} {words.safe(evidence.second)}",
    )


def title(evidence: Evidence) -> str:
    """The verdict, in one sentence."""
    verdict = evidence.verification.verdict
    first, second = words.safe(evidence.first), words.safe(evidence.second)
    return f"{verdict}: {first} and {second} {_MEANINGS[verdict]}"


Finding = tuple[str, bool | None, str]


def _findings(evidence: Evidence) -> Table:
    rows = [
        Row((line(name), _MARKS[holds], line(text)))
        for name, holds, text in (_layers(evidence), _state_dict(evidence), _outputs(evidence), _gradients(evidence))
    ]
    return Table((Column("Finding"), Column(""), Column("Evidence", fit=Fit.wrap)), tuple(rows))


def _layers(evidence: Evidence) -> Finding:
    layers = evidence.verification.layers
    is_same = bool(layers) and all(entry.status is Status.same for entry in layers)
    return "layers align", is_same, layer_diff.summary(layers, *evidence.reports)


def _state_dict(evidence: Evidence) -> Finding:
    fit = evidence.verification.state_dict
    if fit.is_whole:
        return "state dicts fit", True, "the same keys, in the same shapes"
    return "state dicts fit", False, "; ".join(_misfits(fit))


def _misfits(fit: StateDictFit) -> Iterator[str]:
    shaped = [
        f"{each.key} ({words.sides(each.first) or 'scalar'} and {words.sides(each.second) or 'scalar'})"
        for each in fit.mismatched
    ]
    kinds = {"only in the second": fit.missing, "only in the first": fit.unexpected, "in another shape": shaped}
    for kind, keys in kinds.items():
        if keys:
            more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
            yield f"{len(keys)} {kind}: {', '.join(map(words.safe, keys[:_MOST_KEYS]))}{more}"


def _outputs(evidence: Evidence) -> Finding:
    name = "outputs agree"
    found = [(each.dtype, each.outputs, each.tolerance) for each in evidence.passes]
    if evidence.copied is None:
        return name, None, "the weights of one don't fit the other"
    if not any(each for _, each, _ in found):
        return name, False, "they are not of one form"
    shapes = words.tensors(evidence.reports[0].run.inputs)
    return name, _holds(found), f"{_sizes(found)}; {evidence.draws} random inputs {shapes}, weights {evidence.copied}"


def _gradients(evidence: Evidence) -> Finding:
    name = "gradients agree"
    found = [(each.dtype, each.gradients, each.tolerance) for each in evidence.passes]
    if not any(each for _, each, _ in found):
        return name, None, "there are none to compare" if evidence.passes else "the weights of one don't fit the other"
    at = next((each.gradient_at for each in evidence.passes if each.gradient_at), None)
    place = f"; the most at {words.safe(at)}" if at else ""
    return name, _holds(found), f"{_sizes(found)}; of the output by every parameter and the input{place}"


def _holds(found: Sequence[tuple[str, Difference | None, float]]) -> bool:
    return all(difference is not None and difference.is_within(tolerance) for _, difference, tolerance in found)


def _sizes(found: Sequence[tuple[str, Difference | None, float]]) -> str:
    """``largest difference 0 in float32 and float64``, or each with what is relative to the largest magnitude."""
    if all(difference is not None and difference.is_nothing for _, difference, _ in found):
        return f"difference 0 in {' and '.join(dtype for dtype, _, _ in found)}"
    return "largest difference " + ", ".join(f"{_size(difference)} in {dtype}" for dtype, difference, _ in found)


def _size(difference: Difference | None) -> str:
    if difference is None:
        return "unknown"
    if difference.max_abs is None or difference.max_rel is None:
        return "not a number"
    return "0" if difference.is_nothing else f"{difference.max_abs:.3g} (relative {difference.max_rel:.2g})"


def _unlike_layers(evidence: Evidence) -> Iterator[Table]:
    layers = evidence.verification.layers
    if any(entry.status is not Status.same for entry in layers):
        yield layer_diff.table(layers, *evidence.reports)


def _facts(evidence: Evidence) -> Iterator[Facts]:
    facts = []
    if evidence.departure:
        facts.append(Fact("First departure", words.safe(evidence.departure.why)))
    rounded = [each for each in evidence.passes if any(not found.is_nothing for found in each.differences)]
    if rounded and evidence.verification.verdict == Verdict.equivalent:
        limits = " and ".join(f"{each.tolerance:g} of the largest magnitude in {each.dtype}" for each in rounded)
        facts.append(Fact("Rounding", f"what differs by at most {limits}"))
    if facts:
        yield Facts(tuple(facts))


def _remarks(evidence: Evidence) -> list[str]:
    mode = ["in train mode both draw from the same seed: they draw the same only if they draw in the same order"]
    return [
        *(mode if evidence.reports[0].run.mode == "train" else []),
        *map(words.safe, (*evidence.harmless, *evidence.notes)),
    ]


def _records(evidence: Evidence) -> Iterator[Sequence[object]]:
    """A row a finding, for outputs and gradients one a dtype, then the verdict and where they part."""
    for name, (_, holds, text) in {"layers": _layers(evidence), "state_dict": _state_dict(evidence)}.items():
        yield name, _WORDS[holds], None, None, None, text
    for each in evidence.passes:
        for name, found in {"outputs": each.outputs, "gradients": each.gradients}.items():
            holds = None if found is None else found.is_within(each.tolerance)
            sizes = (None, None) if found is None else (found.max_abs, found.max_rel)
            yield name, _WORDS[holds], each.dtype, *sizes, None
    if not evidence.passes:
        for name, (_, holds, text) in {"outputs": _outputs(evidence), "gradients": _gradients(evidence)}.items():
            yield name, _WORDS[holds], None, None, None, text
    verdict = evidence.verification.verdict
    yield "verdict", _WORDS[verdict != Verdict.different], None, None, None, verdict
    if evidence.departure:
        yield "first_departure", None, None, None, None, words.safe(evidence.departure.why)
