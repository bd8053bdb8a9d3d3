"""What every command shows of networks whose names, types, notes and settings are one odd text."""

from typing import Any

import msgspec
from msgspec.structs import replace

from cnninspect.budgets.verdicts import BaselineComparison, BudgetVerdict, Check, Outcome, RunFailure
from cnninspect.cache.state import CacheInfo
from cnninspect.compare.comparison import compare_reports
from cnninspect.explain.explanation import explain as explained
from cnninspect.formats import cache, check, compare, explain, profile, summary, verify, view
from cnninspect.formats.columns import COLUMNS
from cnninspect.formats.presentation import Presentation
from cnninspect.profile.profiled import Batch, Costs, LayerCost, Memory, Peak
from cnninspect.report import NO_DEVICE, Report, UncountedOp
from cnninspect.verify.evidence import (
    Departure,
    Difference,
    Evidence,
    Mismatch,
    Pass,
    StateDictFit,
    Verdict,
    Verification,
)
from cnninspect.view.viewed import (
    ChannelMap,
    LayerKernels,
    LayerMaps,
    NetworkView,
    Prediction,
    ViewedImage,
    ViewedKernel,
    WeightStatistics,
)
from tests.canned import REPORT

NOTHING = Difference(0.0, 0.0)


def everywhere(value: Any, odd: str) -> Any:
    """The same with ``odd`` for every text in it, and for one more key and its value of what has free keys."""
    if isinstance(value, msgspec.Struct):
        return replace(value, **{name: everywhere(getattr(value, name), odd) for name in value.__struct_fields__})
    if isinstance(value, dict):
        return {key: everywhere(each, odd) for key, each in value.items()} | {odd: odd}
    if isinstance(value, tuple | list):
        return type(value)(everywhere(each, odd) for each in value)
    return odd if isinstance(value, str) else value


def report_of_nothing_else(odd: str, *, is_of_pass: bool = True) -> Report:
    """A report in which every text is ``odd``, also in lists of settings; paths of layers have a number more."""
    whole, _, convolution, *_, unused = everywhere(REPORT, odd).layers
    settings = convolution.settings | {"kernel_size": odd, "stride": [odd, [odd]], "padding": {odd: [odd]}}
    stored = {"shape": [odd, 3], "dtype": odd}
    layers = (
        replace(whole, path="", name=""),
        replace(convolution, path=odd, name=odd, depth=1, settings=settings),
        replace(convolution, path=f"{odd}1", depth=1, settings=stored),
        replace(unused, path=f"{odd}2", depth=1),
    )
    found: Report = everywhere(REPORT, odd)
    run = replace(found.run, device=odd if is_of_pass else NO_DEVICE)
    model = replace(found.model, weights=odd, arguments={odd: odd})
    return replace(found, model=model, run=run, layers=layers)


def report(odd: str, *, is_other: bool = False) -> Report:
    """A network, or another with the same names, of which one layer is set otherwise."""
    whole, _, convolution, *_ = REPORT.layers
    tensors = tuple(replace(spec, name=name) for spec, name in zip(REPORT.run.outputs, (odd, "out"), strict=True))
    settings = {"padding_mode": f"{odd}{is_other}", odd: is_other}
    layers = (
        replace(whole, type=odd),
        replace(convolution, path=odd, name=odd, depth=1, settings=convolution.settings | settings, outputs=tensors),
        replace(convolution, path=f"{odd}1", name=f"{odd}1", type=odd, depth=1),
    )
    return replace(
        REPORT,
        model=replace(REPORT.model, spec=odd, name=odd, class_path=odd, weights=odd),
        run=replace(REPORT.run, outputs=tensors, versions={odd: odd}),
        layers=layers,
        uncounted_ops=(UncountedOp(odd, 1),),
        notes=(odd,),
    )


def _outcomes(odd: str) -> tuple[Outcome, ...]:
    before, now = report(odd), report(odd, is_other=True)
    against = BaselineComparison(odd, before, now, compare_reports(before, now).alignment)
    failing = BudgetVerdict(Check(odd, "baseline layers", odd, odd, -1, passed=False), "=", context=odd, doubt=odd)
    doubtful = BudgetVerdict(Check(odd, f"forbid {odd}", 0, 0, 0, passed=True), "≤", doubt=odd)
    return (
        Outcome(odd, (failing, doubtful), against, (odd,)),
        Outcome(odd, failure=RunFailure(f"first {odd}\nsecond {odd}", odd, 3)),
    )


def _evidence(odd: str) -> Evidence:
    first, second = report(odd), report(odd, is_other=True)
    return Evidence(
        verification=Verification(
            schema_version=1,
            verdict=Verdict.different,
            layers=compare_reports(first, second).alignment,
            state_dict=StateDictFit((odd,), (odd,), (Mismatch(odd, (1,), (2,)),)),
            outputs=NOTHING,
            gradients=NOTHING,
        ),
        first=odd,
        second=odd,
        reports=(first, second),
        draws=1,
        copied="by key",
        passes=(Pass("float32", 1e-3, NOTHING, NOTHING, odd),),
        departure=Departure(odd, odd, f"{odd} and {odd}"),
        harmless=(odd,),
        notes=(odd,),
    )


def _costs(odd: str) -> Costs:
    place = Peak(odd, odd)
    known: dict[str, Any] = dict.fromkeys(Memory.__struct_fields__, 1) | {
        "inference_peak_at": place,
        "training_peak_at": place,
        "step_peak_at": place,
    }
    figures: dict[str, Any] = dict.fromkeys(LayerCost.__struct_fields__, 1)
    said = report(odd)
    return Costs(
        model=said.model, run=said.run, device_name=odd, batches=(Batch(1, said.run.outputs, Memory(**known), None),),
        fits=None, layers=(LayerCost(**figures | {"path": odd, "type": odd, "bound": odd}),), roofline=None,
        notes=(odd,), optimizer=odd,
    )  # fmt: skip


def _view(odd: str) -> NetworkView:
    """A map, a kernel and a weight at once."""
    values = ((0.0, 1.0), (-1.0, None))
    channel = ChannelMap(channel=0, strength=0.5, least=-1.0, largest=1.0, odd=1, values=values)
    maps = LayerMaps(path=odd, type=odd, call=1, shape=(1, 1, 2, 2), dead=(0,), shown=(channel,))
    best = Prediction(index=0, name=odd, probability=0.5)
    image = ViewedImage(
        file=odd, sides=(2, 2), preprocessing=odd, input=(1, 1, 2, 2), predictions=(best,), layers=(maps,)
    )
    kernel = ViewedKernel(filter=0, channel=0, strength=0.5, least=-1.0, largest=1.0, odd=1, values=(values,))
    kernels = LayerKernels(path=odd, type=odd, shape=(1, 1, 2, 2), scale=1.0, shown=(kernel,))
    weight = WeightStatistics(name=odd, shape=(2,), dtype=odd, elements=2, not_numbers=1, infinite=1, histogram=(1, 0))
    return NetworkView(
        model=report(odd).model, layer=odd, images=(image,), kernels=kernels, statistics=(weight,), notes=(odd,)
    )


def presentations(odd: str) -> dict[str, Presentation]:
    """By command."""
    first, second = report(odd), report(odd, is_other=True)
    return {
        "summary": summary.presentation(first, tuple(COLUMNS)),
        "compare": compare.presentation(compare_reports(first, second), is_whole=True),
        "compare three": compare.presentation(compare_reports(first, second, first)),
        "check": check.presentation(_outcomes(odd)),
        "profile": profile.presentation(_costs(odd)),
        "explain": explain.presentation(explained(first, layer=odd, unit=(1, 1))),
        "verify": verify.presentation(_evidence(odd)),
        "view": view.presentation(_view(odd), odd),
        "cache": cache.presentation(CacheInfo(1, True, odd, 0, 0, 0, None, None)),
    }
