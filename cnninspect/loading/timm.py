"""Names of timm, the optional extra.

A name may end in one of timm's pretrained tags (``resnet50.a1_in1k``): it is then the network which that
tag describes (its number of classes, its input size), else the one of timm's default tag. Without
weights nothing is downloaded.
"""

import contextlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.loading import weights as weight_files
from cnninspect.loading.published import Published
from cnninspect.spec import ZooModel
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.sources import folder_of

if TYPE_CHECKING:
    from torch import nn

_DECORATOR: Final = "\n@register_model\n"
_REGISTERED: Final = re.compile(r"(?:@.*\n)*def (\w+)\(")  # behind the decorator
_LOADS_WEIGHTS: Final = frozenset(
    ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "pretrained_strict", "checkpoint_path", "cache_dir")
)


@cache
def names() -> tuple[str, ...]:
    """Every architecture, without tags, read from timm's source: importing it takes seconds."""
    folder = folder_of("timm")
    files = sorted((folder / "models").glob("*.py")) if folder else ()
    pieces = (piece for file in files for piece in file.read_text(encoding="utf-8").split(_DECORATOR)[1:])
    return tuple(sorted(match[1] for piece in pieces if (match := _REGISTERED.match(piece))))


def published(name: str) -> Published:  # noqa: ARG001 - the signature of all sources
    """Nothing that timm's source tells."""
    return Published()


def check(model: ZooModel, weights: str | None) -> None:
    """Check the arguments and a file of weights; tags are known to timm alone.

    Raises:
        RequestError: An argument is one that loads weights, or the file is not readable.
    """
    for key in _LOADS_WEIGHTS & model.arguments.keys():
        raise RequestError(f"{key} in {model.text!r} is about weights", hint="ask for them with --weights TAG or FILE")
    if weights is not None and weight_files.is_file_name(weights):
        weight_files.check_file(weights)


def build(model: ZooModel, weights: str | None) -> "nn.Module":
    """The network as timm builds it, with the weights of a tag or of a file.

    Raises:
        RequestError: The tag does not exist, or the model does not take these arguments.
        ModelError: It can't be built, or the weights don't fit or can't be downloaded.
    """
    import timm

    from cnninspect.loading.initialisation import uninitialised

    is_file = weights is not None and weight_files.is_file_name(weights)
    tag = None if weights is None or is_file else weights
    name = tagged(model, tag)
    arguments: dict[str, Any] = {"pretrained": tag is not None, **model.arguments}
    with uninitialised(), _explained(model, _download(name) if tag else None):
        module: nn.Module = timm.create_model(name, **arguments)
    if weights is not None and is_file:
        weight_files.load_file(module, weights)
    return module


def default_inputs(model: ZooModel) -> tuple[InputSpec, ...]:
    """One image of the size in the model's default configuration, ``(1, channels, height, width)``.

    The arguments ``in_chans`` and ``img_size`` win over it.

    Raises:
        RequestError: The tag does not exist.
    """
    channels, height, width = configuration(tagged(model, None)).input_size
    channels = _positive(model, "in_chans", channels)
    side = _positive(model, "img_size", 0)
    return (InputSpec((1, channels, side or height, side or width)),)


def _positive(model: ZooModel, key: str, default: int) -> int:
    if key not in model.arguments:
        return default
    value = model.arguments[key]
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise RequestError(f"{key}={value} in {model.text!r} is not a positive integer")


def tagged(model: ZooModel, weights: str | None) -> str:
    """The name with the tag that ``weights`` says, else with its own; timm knows both.

    Args:
        model: As parsed.
        weights: A tag, ``DEFAULT``, or ``None``.

    Raises:
        RequestError: There is no such tag.
    """
    from timm.models import get_arch_pretrained_cfgs

    architecture, _, own = model.name.partition(".")
    tag = own if weights in {None, "DEFAULT"} else weights
    if not tag:
        return architecture
    tags = [name.partition(".")[2] for name in get_arch_pretrained_cfgs(architecture)]
    known = [name for name in tags if name]
    if tag not in known:
        see = f"those of {architecture}: {', '.join(known)}" if known else f"{architecture} has none"
        raise unknown_name(f"pretrained tag for {architecture}", str(tag), known, see=see)
    return f"{architecture}.{tag}"


def configuration(name: str) -> Any:
    """What timm keeps about a name and tag: input size, number of classes, where the weights are."""
    from timm.models import resolve_pretrained_cfg

    architecture, _, tag = name.partition(".")
    return resolve_pretrained_cfg(architecture, tag)


def _download(name: str) -> str:
    """The place of the weights, in words.

    Raises:
        RequestError: timm publishes none.
    """
    found = configuration(name)
    if found.hf_hub_id:
        return f"https://huggingface.co/{found.hf_hub_id}"
    if found.url:
        return str(found.url)
    raise RequestError(f"timm publishes no weights for {name!r}", hint="give a file: --weights FILE")


@contextlib.contextmanager
def _explained(model: ZooModel, download: str | None) -> Iterator[None]:
    """Say in the user's terms why timm could not build or load the network; what it prints is no result."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except TypeError as error:
        hint = "the arguments are those of timm.create_model and of the model's class"
        raise RequestError(f"{model.text!r}: {error}", hint=hint) from error
    except Exception as error:
        if download is None:
            raise ModelError(f"{model.text!r} can't be built: {error}") from error
        why = str(error).partition("\n")[0]
        raise ModelError(
            f"the weights at {download} can't be loaded into {model.text!r}: {why}",
            hint="without a network, get the file there elsewhere and give it: --weights FILE",
        ) from error
