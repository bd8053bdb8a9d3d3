"""From two networks to the verdict and its evidence."""

from collections.abc import Callable

from cnninspect.compare.alignment import Status
from cnninspect.report import SCHEMA_VERSION
from cnninspect.verify.departure import first_departure, structural_departure
from cnninspect.verify.evidence import Departure, Evidence, Verdict, Verification
from cnninspect.verify.harmless import harmless
from cnninspect.verify.networks import Networks, Weights, common_weights
from cnninspect.verify.passes import Passes, run_passes, trace_somehow
from cnninspect.verify.trace import LayerAgreement
from cnninspect.verify.traced_layer import TracedLayer


def verified(networks: Networks, say: Callable[[str], None] = lambda _: None) -> Evidence:
    """Whether two networks are one, and the evidence. Both come back as they were.

    Args:
        networks: The two.
        say: Is told what is being done.

    Raises:
        ModelError: One of them is quantized, or its forward pass raises; it is named.
    """
    say("drawing weights")
    weights = common_weights(networks)
    results = run_passes(networks, weights, say)
    verdict = _verdict(networks, weights, results)
    say("comparing layer by layer")
    departure, remarks = _explained(networks, weights, results, verdict)
    own = results.passes[0] if results.passes else None
    return Evidence(
        verification=Verification(
            schema_version=SCHEMA_VERSION,
            verdict=verdict,
            layers=networks.alignment,
            state_dict=weights.fit,
            outputs=own.outputs if own else None,
            gradients=own.gradients if own else None,
        ),
        first=networks.first.name,
        second=networks.second.name,
        reports=networks.reports,
        draws=len(networks.first.calls),
        copied=None if weights.pairing.obstacle else weights.pairing.way,
        passes=results.passes,
        departure=departure,
        harmless=remarks,
        notes=results.notes,
    )


def _verdict(networks: Networks, weights: Weights, results: Passes) -> Verdict:
    if results.obstacle or not results.passes:
        return Verdict.different
    for each in results.passes:
        if each.outputs is None or not all(found.is_within(each.tolerance) for found in each.differences):
            return Verdict.different
    is_exact = all(found.is_nothing for each in results.passes for found in each.differences)
    is_alike = bool(networks.alignment) and all(entry.status == Status.same for entry in networks.alignment)
    is_same = results.are_direct and is_exact and is_alike and weights.fit.is_whole and weights.pairing.is_by_key
    return Verdict.identical if is_same else Verdict.equivalent


def _explained(
    networks: Networks, weights: Weights, results: Passes, verdict: Verdict
) -> tuple[Departure | None, tuple[str, ...]]:
    """The first departure of two different networks; what is said of unlike layers of two equivalent ones."""
    alignment, names = networks.alignment, networks.names
    if verdict != Verdict.different and all(entry.status == Status.same for entry in alignment):
        return None, ()
    beside = _beside_outputs(results) if verdict == Verdict.different else None
    if beside:
        return beside, ()
    seen = trace_somehow(networks, weights)
    nothing = (LayerAgreement(),) * len(alignment)
    layers = [TracedLayer(*each) for each in zip(alignment, networks.types, seen or nothing, strict=True)]
    if verdict != Verdict.different:
        return None, tuple(harmless(layers, names, networks.at)) if seen else ()
    if seen is None:
        return structural_departure(layers, names), ()
    return first_departure(layers, names, obstacle=results.obstacle), ()


def _beside_outputs(results: Passes) -> Departure | None:
    """Where two networks part that give the same outputs: in a gradient, or in what training leaves behind."""
    if not results.passes or any(p.outputs is None or not p.outputs.is_within(p.tolerance) for p in results.passes):
        return None
    for each in results.passes:
        if each.gradients is not None and not each.gradients.is_within(each.tolerance):
            return _at(each.gradient_at or "", "the gradient with respect to {} is not")
        if each.statistics is not None and not each.statistics.is_within(each.tolerance):
            return _at(each.statistic_at or "", "{} afterwards is not")
    return Departure(None, None, f"the outputs are the same, the gradients are not: {results.obstacle}")


def _at(key: str, what: str) -> Departure:
    path = None if key.startswith("input ") else key.rpartition(".")[0]
    return Departure(path, None, f"the outputs are the same, {what.format(key)}")
