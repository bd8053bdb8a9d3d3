"""What layers make of an image: one pass tells where the maps are, a second one keeps them."""

from collections.abc import Callable, Collection, Sequence

from torch import Tensor

from cnninspect import inspection
from cnninspect.errors import ModelError, RequestError
from cnninspect.layer_names import NamedLayer, named
from cnninspect.report import Layer, Report
from cnninspect.subject import Subject
from cnninspect.tensor_tree import mapped
from cnninspect.view import channel_places, feature_maps, preprocessing, tour
from cnninspect.view.looking import LookedAt
from cnninspect.view.planes import dense
from cnninspect.view.preprocessing import ReadyImage
from cnninspect.view.viewed import NetworkView, Prediction, ViewedImage

_MOST_PROBABLE, _SCORES = 5, 2  # classes; dimensions of (1, classes)
_NAMED = 6  # layers in a hint


def view_of_image(subject: Subject, image: ReadyImage, look: LookedAt, *, say: Callable[[str], None]) -> NetworkView:
    """What a network makes of an image.

    Args:
        subject: The network, placed, with made-up tensors where the image is to be.
        image: What was made of the file.
        look: At which layer, and which of its channels.
        say: Is told what is being done.

    Raises:
        RequestError: There is no such layer or channel, the layer is never called, or gives no map.
        ModelError: The forward pass raises, or the network has no values.
    """
    image = preprocessing.suited(image, look.image or "", subject.placed)
    args, kwargs = mapped((subject.args, subject.kwargs), image.tensor.to)
    subject = subject._replace(args=args, kwargs=kwargs, on_cpu=None)
    if subject.device.type == "meta":
        raise ModelError("the network was built on the meta device: there are no values to look at")
    report = inspection.inspect(subject, on_call=say)
    asked, root, calls = look.layer, report.layers[0], _calls(report, look)
    if len({layer.path for layer in calls}) > 1:
        look = look._replace(layer=None)  # a few channels of each
    last = channel_places.with_channels_last(report.layers)
    feature_maps.check_size((_shape(each, last) for each in calls), look)
    wanted = calls if root in calls else (root, *calls)
    with feature_maps.kept(subject.placed, report.layers, wanted) as given:
        inspection.inspect(subject, on_call=say)
    scores = given.get((root.path, root.call)) if image.classes else None
    seen = ViewedImage(
        file=look.image or "",
        sides=image.sides,
        preprocessing=image.about,
        input=tuple(image.tensor.shape),
        predictions=() if scores is None else _predictions(scores, image.classes),
        layers=tuple(
            feature_maps.layer_maps(each, given[each.path, each.call], look, is_last=(each.path, each.call) in last)
            for each in calls
            if (each.path, each.call) in given
        ),
    )
    return NetworkView(model=report.model, layer=asked, images=(seen,), notes=report.notes)


def _calls(report: Report, look: LookedAt) -> Sequence[Layer]:
    """The calls whose maps are shown."""
    if look.layer is None:
        stops = tour.stops_of(report, _gives_map)
        if not stops:
            raise RequestError(f"no layer of {report.model.spec!r} gives a map")
        return stops
    holders = {layer.path.rpartition(".")[0] for layer in report.layers if layer.path}
    leaves = dict.fromkeys(layer.path for layer in report.layers if layer.path not in holders)
    paths = named(look.layer, [NamedLayer(layer.path, layer.type) for layer in report.layers], tuple(leaves))
    meant = [layer for layer in report.layers if layer.path in paths]
    called = [layer for layer in meant if layer.call]
    hint = f"layers that give maps: {', '.join(_with_maps(report)) or 'none'}"
    if not called:
        raise RequestError(f"`{meant[0].path}` {meant[0].type} was never called in the forward pass", hint=hint)
    with_maps = [layer for layer in called if _gives_map(layer)]
    if not with_maps:
        given = ["×".join(map(str, each.shape)) or "a number" for each in called[0].outputs]
        raise RequestError(
            f"`{called[0].path}` {called[0].type} gives {', '.join(given[:3]) or 'no tensor'}: no map", hint=hint
        )
    return with_maps


def _shape(layer: Layer, last: Collection[tuple[str, int]]) -> Sequence[int]:
    """Of the map of a call, ``(1, C, …)``."""
    shape = next(each.shape for each in layer.outputs if feature_maps.is_map(each.shape, layer.type))
    return (shape[0], shape[-1], *shape[1:-1]) if (layer.path, layer.call) in last else shape


def _gives_map(layer: Layer) -> bool:
    return any(feature_maps.is_map(each.shape, layer.type) for each in layer.outputs)


def _with_maps(report: Report) -> list[str]:
    """Some of the layers that give maps, the first and the last of them."""
    found = list(
        dict.fromkeys(layer.path for layer in report.layers if layer.path and layer.call and _gives_map(layer))
    )
    return found if len(found) <= _NAMED else [*found[:3], "…", *found[-2:]]


def _predictions(scores: Tensor, classes: Sequence[str]) -> tuple[Prediction, ...]:
    """The most probable classes, if what the network gives are their scores."""
    if scores.dim() != _SCORES or scores.shape[1] < _SCORES or scores.is_complex():
        return ()
    shares = dense(scores)[0].softmax(0)
    if not bool(shares.isfinite().all()):
        return ()
    if len(classes) != len(shares):
        return ()
    best = shares.topk(min(_MOST_PROBABLE, len(shares)))
    return tuple(
        Prediction(index=index, name=classes[index], probability=share)
        for index, share in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    )
