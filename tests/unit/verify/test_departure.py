"""What students get wrong when they write a network again: the verdict, and the first layer at which it departs.

The reference is a small AlexNet. The expected verdict follows from what the mistake does: a layer that is in another
place in evaluation only is none, a stride is one.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as torch's own documentation has it
from torch import Tensor, nn

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.verify.departure import Cause, parting
from cnninspect.verify.trace import LayerAgreement
from cnninspect.verify.traced_layer import TracedLayer
from tests.unit.verify.small import verify


class Net(nn.Module):
    """Two convolutions, two poolings, two linear layers: images 3×16×16 to 10 scores."""

    def __init__(
        self,
        *,
        padding: int = 2,
        stride: int = 1,
        channels: int = 12,
        bias: bool = True,
        relu: bool = True,
        inplace: bool = True,
        ceil_mode: bool = False,
        pool: Callable[..., nn.Module] = nn.MaxPool2d,
        dropout_first: bool = False,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 5, padding=padding, bias=bias),
            *([nn.ReLU(inplace)] if relu else []),
            pool(2, ceil_mode=ceil_mode),
            nn.Conv2d(8, channels, 3, padding=1, stride=stride),
            nn.ReLU(inplace),
            pool(2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(4)
        dropout, layers = [nn.Dropout()], [nn.Linear(channels * 16, 20), nn.ReLU(inplace)]
        middle = [*dropout, *layers] if dropout_first else [*layers, *dropout]
        self.classifier = nn.Sequential(*middle, nn.Linear(20, 10))

    def maps(self, x: Tensor) -> Tensor:
        result: Tensor = self.avgpool(self.features(x))
        return result

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.classifier(torch.flatten(self.maps(x), 1))
        return result


class Functional(nn.Module):
    """The same with functions in place of layers, and names of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 5, padding=2), nn.Conv2d(8, 12, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(192, 20), nn.Linear(20, 10)

    def flat(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(self.flat(x)))
        result: Tensor = self.fc2(F.dropout(x, training=self.training))
        return result


class FunctionalChannelsLast(Functional):
    def flat(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class FunctionalWithoutRelu(Functional):
    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        result: Tensor = self.fc2(F.relu(self.fc1(self.flat(x))))
        return result


class ChannelsLast(Net):
    def maps(self, x: Tensor) -> Tensor:
        return super().maps(x).permute(0, 2, 3, 1)


class BlueFirst(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flip(1))


class Probabilities(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).softmax(1)


class Detached(Net):
    def maps(self, x: Tensor) -> Tensor:
        return super().maps(x).detach()


class InDict(Net):
    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]  # that is the mistake
        return {"out": super().forward(x)}


class Doubled(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 2


class IdentityForRelu(Net):
    def __init__(self) -> None:
        super().__init__()
        self.classifier[1] = nn.Identity()


class PooledBeforeRelu(Net):
    """The maximum of what a ReLU gives is what a ReLU gives of the maximum."""

    def __init__(self) -> None:
        super().__init__()
        self.features[1], self.features[2] = self.features[2], self.features[1]


class SidesSwapped(Net):
    def maps(self, x: Tensor) -> Tensor:
        return super().maps(x).transpose(2, 3)


class Residual(nn.Module):
    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(inplace)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        result: Tensor = self.relu(y) + y
        return result


class Case(NamedTuple):
    """A mistake, and what is to be found: the verdict, the paths of the departure, words that explain it."""

    name: str
    mine: nn.Module
    verdict: str
    at: tuple[str | None, str | None] | None
    says: str
    reference: nn.Module | None = None


CASES = [
    Case("none", Net(), "identical", None, ""),
    Case("padding", Net(padding=1), "different", ("features.0",) * 2, "padding is 1×1 in mine and 2×2 in theirs"),
    Case("stride", Net(stride=2), "different", ("features.3",) * 2, "stride is 2×2 in mine and 1×1 in theirs"),
    Case("channels", Net(channels=11), "different", ("features.3",) * 2, "out_channels is 11 in mine and 12 in"),
    Case("no bias", Net(bias=False), "different", ("features.0",) * 2, "bias is False in mine and True in theirs"),
    Case("no relu", Net(relu=False), "different", (None, "features.1"), "features.1 (ReLU) is only in theirs"),
    Case("identity for relu", IdentityForRelu(), "different", (None, "classifier.1"), "(ReLU) is only in theirs"),
    Case("average pooling", Net(pool=nn.AvgPool2d),
         "different", ("features.2",) * 2, "features.2 (AvgPool2d) in mine is features.2 (MaxPool2d) in theirs"),
    Case("flatten order", ChannelsLast(), "different", ("classifier.0",) * 2, "in another order"),
    Case("sides swapped", SidesSwapped(), "different", ("classifier.0",) * 2, "in another order"),
    Case("channel order", BlueFirst(), "different", ("features.0",) * 2, "in another order"),
    Case("softmax", Probabilities(), "different", ("classifier.3",) * 2, "what follows classifier.3 (Linear)"),
    Case("scaled", Doubled(), "different", ("classifier.3",) * 2, "what follows classifier.3 (Linear)"),
    Case("dict", InDict(), "different", (None, None), "mine gives [out] 2×10, theirs gives 2×10"),
    Case("detached", Detached(), "different", ("features.3", None), "the gradient with respect to features.3.weight"),
    Case("aliased", Residual(inplace=True), "different", ("relu",) * 2, "inplace is True in mine and False in theirs",
         Residual(inplace=False)),
    Case("functional flatten order", FunctionalChannelsLast(), "different", ("fc1", "classifier.0"), "another order"),
    Case("functional without relu", FunctionalWithoutRelu(), "different", (None, "features.4"), "features.4 (ReLU)"),
    Case("functional", Functional(), "equivalent", None,
         "ReLU features.1, features.4, classifier.1, only in theirs: mine gives the same without"),
    Case("dropout elsewhere", Net(dropout_first=True), "equivalent", None,
         "Dropout classifier.0, only in mine, changes nothing at 2×3×16×16 in eval mode"),
    Case("ceil mode", Net(ceil_mode=True), "equivalent", None,
         "ceil_mode is True in mine and False in theirs, which changes nothing at 2×3×16×16"),
    Case("not in place", Net(inplace=False), "equivalent", None, "inplace is False in mine and True in theirs"),
    Case("pooled before relu", PooledBeforeRelu(), "equivalent", None,
         "ReLU features.2, only in mine: theirs gives the same without"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mistake(case: Case) -> None:
    evidence = verify(case.mine, case.reference or Net())
    assert evidence.verification.verdict == case.verdict
    departure = evidence.departure
    assert (departure and (departure.first, departure.second)) == case.at
    said = departure.why if departure else " / ".join(evidence.harmless)
    assert case.says in said


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict != "different"], ids=lambda case: case.name)
def test_what_is_not_different_differs_by_nothing(case: Case) -> None:
    for each in verify(case.mine, Net()).passes:
        assert [difference.max_abs for difference in each.differences] == [0, 0]


@pytest.mark.parametrize("name", ["channels", "no bias"])
def test_weights_that_do_not_fit_leave_figures_unknown_with_a_reason(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    evidence = verify(case.mine, Net())
    assert (evidence.verification.outputs, evidence.verification.gradients, evidence.copied) == (None, None, None)
    assert "the weights of one don't fit the other: features." in evidence.notes[0]
    assert not evidence.verification.state_dict.is_whole


def test_the_way_in_which_weights_were_copied() -> None:
    assert verify(Net(padding=1), Net()).copied == "by key"
    assert verify(Functional(), Net()).copied == "by layer and order"


class Spare(nn.Module):
    """Holds a layer that its forward pass never calls; its weight may still be used."""

    def __init__(self, *, spare: bool, uses: bool = False, scale: float = 1.0) -> None:
        super().__init__()
        self.linear, self.scale = nn.Linear(3, 3), scale
        self.spare = nn.Linear(3, 3) if spare else None
        self.uses = uses

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x) * self.scale
        if self.spare is not None and self.uses:
            return F.linear(x, self.spare.weight)
        return x


@pytest.mark.parametrize(("mine", "theirs"), [(False, True), (True, False)])
def test_a_layer_that_is_never_called_is_no_obstacle(mine: bool, theirs: bool) -> None:
    """It changes no output, and no state dict with it loads into one without."""
    found = verify(Spare(spare=mine), Spare(spare=theirs), shape=(2, 3))
    assert found.verification.verdict == "equivalent"
    assert found.verification.outputs is not None
    assert found.verification.outputs.max_abs == 0
    keys = found.verification.state_dict.missing if theirs else found.verification.state_dict.unexpected
    assert keys == ("spare.weight", "spare.bias")
    assert any("Linear spare, only in" in text and "is never called" in text for text in found.harmless)


def test_it_is_not_where_two_networks_part() -> None:
    found = verify(Spare(spare=False), Spare(spare=True, scale=2), shape=(2, 3))
    assert found.verification.verdict == "different"
    assert found.departure is not None
    assert "follows linear (Linear)" in found.departure.why


def test_a_layer_whose_weight_alone_is_used_counts() -> None:
    assert verify(Spare(spare=False), Spare(spare=True, uses=True), shape=(2, 3)).verification.verdict == "different"


SAME = LayerAgreement(inputs_agree=True, outputs_agree=True)
APART = LayerAgreement(inputs_agree=False, outputs_agree=False)


def pair(path: str, seen: LayerAgreement, **changes: tuple[object, object]) -> TracedLayer:
    """A layer that is in both networks, there with other settings if any are named."""
    status = Status.changed if changes else Status.same
    return TracedLayer(Aligned(status, path, path, changes), ("Conv2d", "Conv2d"), seen)


def alone(path: str, *, is_identity: bool | None = False) -> TracedLayer:
    """A layer of the first network only."""
    entry = Aligned(Status.only_first, path, None)
    return TracedLayer(entry, ("ReLU", None), LayerAgreement(is_identity=is_identity))


@pytest.mark.parametrize(
    ("layers", "cause", "at"),
    [
        ([pair("a", SAME), alone("b"), pair("c", APART)], Cause.other_layers, ["b"]),
        ([pair("a", SAME), alone("b"), pair("c", SAME), pair("d", APART)], Cause.outside, ["d"]),
        ([pair("a", SAME), alone("b", is_identity=True), pair("c", APART)], Cause.outside, ["c"]),
        ([pair("a", SAME), alone("b", is_identity=None), pair("c", APART)], Cause.outside, ["c"]),
        ([pair("a", SAME), pair("b", LayerAgreement(), stride=(1, 2)), pair("c", APART)], Cause.other_layers, ["b"]),
        ([alone("a"), pair("b", APART._replace(inputs_agree=True))], Cause.layer, ["b"]),
        ([alone("a"), pair("b", APART._replace(is_permuted=True))], Cause.order, ["b"]),
        ([pair("a", SAME), pair("b", SAME)], Cause.after_layers, ["b"]),
        ([pair("a", SAME), alone("b")], Cause.other_layers, ["b"]),
        ([], Cause.no_pair, []),
    ],
)  # fmt: skip
def test_causes(layers: list[TracedLayer], cause: Cause, at: list[str]) -> None:
    found = parting(layers)
    assert (found.cause, [layer.entry.first for layer in found.layers]) == (cause, at)


def test_a_layer_is_the_reason_before_weights_that_do_not_fit() -> None:
    assert parting([pair("a", SAME)], has_obstacle=True).cause is Cause.weights
    assert parting([pair("a", SAME), alone("b"), pair("c", APART)], has_obstacle=True).cause is Cause.other_layers


def test_what_works_in_place_up_to_the_last_pair_that_agrees_is_named() -> None:
    inplace = pair("b", SAME, inplace=(True, False))
    found = parting([pair("a", SAME), inplace, pair("c", SAME), pair("d", APART)])
    assert (found.after, found.overwriting) == (pair("c", SAME), inplace)
    assert parting([pair("c", APART), inplace]).overwriting is None
