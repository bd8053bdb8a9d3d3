"""The source ``scratch``: names of the networks in ``architectures/``."""

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from cnninspect.errors import RequestError, unknown_name
from cnninspect.loading import torchvision, torchvision_metadata
from cnninspect.loading import weights as weight_files
from cnninspect.loading.published import Published, Task
from cnninspect.spec import ZooModel
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Scalar

if TYPE_CHECKING:
    from torch import nn


class _Definition(NamedTuple):
    class_path: str
    side: int
    constants: dict[str, Scalar]
    published_as: str | None  # the torchvision name whose weights fit, if any


_DEFINITIONS: Final = {
    "alexnet": _Definition("alexnet.AlexNet", 224, {}, "alexnet"),
    "alexnet_2012": _Definition("alexnet.AlexNet2012", 227, {}, None),
} | {
    f"{name}{'_bn' * batch_norm}": _Definition(
        "vgg.VGG", 224, {"name": name, "batch_norm": batch_norm}, f"{name}{'_bn' * batch_norm}"
    )
    for name in ("vgg11", "vgg13", "vgg16", "vgg19")
    for batch_norm in (False, True)
}


def names() -> tuple[str, ...]:
    """Every name of this source."""
    return tuple(_DEFINITIONS)


def published(name: str) -> Published:
    """The weights that torchvision publishes and that fit, if there are some."""
    published_as = _DEFINITIONS[name].published_as
    return Published(Task.classification, torchvision_metadata.weights(published_as) if published_as else ())


def check(model: ZooModel, weights: str | None) -> None:
    """Check the arguments and the weights.

    Raises:
        RequestError: One of them does not exist or has an impossible value.
    """
    for key, value in model.arguments.items():
        _check_argument(model, key, value)
    if weights is None:
        return
    published_as = _DEFINITIONS[model.name].published_as
    if weight_files.is_file_name(weights):
        weight_files.check_file(weights)
    elif published_as is None:
        raise RequestError(f"no weights are published for {model.text!r}", hint="give a file: --weights FILE")
    else:
        torchvision.check_weights_name(published_as, weights)


def _check_argument(model: ZooModel, key: str, value: Scalar) -> None:
    words = f"{key}={value} in {model.text!r}"
    if key in {"num_classes", "in_channels"}:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise RequestError(f"{words} is not a positive integer")
    elif key == "dropout":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise RequestError(f"{words} is not a probability between 0 and 1")
    else:
        known = ("num_classes", "in_channels", "dropout")
        raise unknown_name("argument", key, known, see=f"the arguments are {', '.join(known)}")


def build(model: ZooModel, weights: str | None) -> "nn.Module":
    """The network, from its definition in ``architectures/``.

    Raises:
        ModelError: The weights don't fit, or can't be downloaded.
    """
    from cnninspect.loading.initialisation import uninitialised

    definition = _DEFINITIONS[model.name]
    module_name, _, class_name = definition.class_path.partition(".")
    network = getattr(import_module(f"cnninspect.architectures.{module_name}"), class_name)
    with uninitialised():
        module: nn.Module = network(**definition.constants, **model.arguments)
    if weights is not None:
        if weight_files.is_file_name(weights):
            weight_files.load_file(module, weights)
        else:
            weight_files.load(module, torchvision.published_state_dict(str(definition.published_as), weights), weights)
    return module


def default_inputs(model: ZooModel) -> tuple[InputSpec, ...]:
    """One image of the size that the paper uses, ``(1, in_channels, side, side)``."""
    side = _DEFINITIONS[model.name].side
    channels = model.arguments.get("in_channels", 3)
    assert isinstance(channels, int), "checked before"  # noqa: S101
    return (InputSpec((1, channels, side, side)),)
