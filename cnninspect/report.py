"""The report: what one forward pass showed, as frozen plain data, also of one that fails. No torch in it.

Its JSON form is fixed by ``SCHEMA_VERSION``; counts are raw integers (elements, MACs, bytes),
and a figure that can't be known is ``None`` with a note saying why.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from cnninspect import json_text
from cnninspect.errors import RequestError
from cnninspect.file_limits import UnlikelyError, check_size, is_shallow
from cnninspect.shown import Shown

SCHEMA_VERSION = 1
#: Levels of modules, and of lists in a setting, that a file may have.
_MODULES, _LISTS = 1000, 16
#: ``run.device`` of a report without a forward pass: that of a file of weights.
NO_DEVICE = "none"


#: Of elements, MACs or bytes.
Count = Annotated[int, msgspec.Meta(ge=0)]


class TensorSpec(msgspec.Struct, frozen=True, gc=False):  # it can't be in a cycle, and there are very many
    """A tensor's name (where it stood in its container), shape and dtype.

    Attributes:
        name: Where it stood in its container; of an input, the argument of ``forward``; empty for what stood alone.
        shape: Elements along each dimension.
        dtype: As torch calls it: ``float32``.
    """

    name: str
    shape: tuple[Count, ...]
    dtype: str


class ReceptiveField(msgspec.Struct, frozen=True, gc=False):
    """Size, effective stride and effective padding, in input pixels, one integer per spatial dimension.

    As in Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (2019).

    Attributes:
        size: How many pixels it covers.
        stride: Pixels between the fields of neighbouring elements.
        padding: Pixels of the first element's field that lie before the input's edge.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]


class Layer(msgspec.Struct, frozen=True):
    """One call of one module.

    Attributes:
        path: As in ``named_modules()``; ``""`` is the model itself.
        name: The last part of its path.
        type: Its class.
        depth: Levels below the model, which is at 0.
        call: 1 for the first call, 2 for the second …; 0 if the forward pass never reached it.
        inputs: Every tensor that it was given.
        outputs: Every tensor that it gave.
        params: Elements of the parameters at or below it, each counted once.
        own_params: Elements held directly by it, each counted where it is first met.
        trainable_params: Elements at or below it that ask for a gradient.
        param_bytes: Bytes that the parameters at or below it store.
        macs: Multiply-accumulates of this call, at or below it.
        own_macs: The same, outside its children.
        activations: Elements output by convolutions, linear layers and matrix products of this call.
        output_bytes: Bytes of its outputs.
        settings: Constructor arguments that the module keeps.
        receptive_field: Of its output; ``None`` where none is defined, after a flatten or a global pooling, say.
    """

    path: str
    name: str
    type: str
    depth: Count
    call: Count
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    params: Count | None
    own_params: Count | None
    trainable_params: Count | None
    param_bytes: Count | None
    macs: Count | None
    own_macs: Count | None
    activations: Count | None
    output_bytes: Count | None
    settings: dict[str, Any]
    receptive_field: ReceptiveField | None


class Totals(msgspec.Struct, frozen=True):
    """Figures of the whole model: elements, bytes, MACs; ``flops`` is ``2 * macs``.

    Attributes:
        params: Elements of the parameters, each counted once.
        trainable_params: Those that ask for a gradient.
        buffers: Elements of the buffers.
        param_bytes: Bytes that the parameters store.
        buffer_bytes: Bytes that the buffers store.
        macs: Multiply-accumulates of the pass.
        flops: Twice those.
        activations: Elements output by convolutions, linear layers and matrix products.
        output_bytes: Bytes of what the model gives.
    """

    params: Count | None
    trainable_params: Count | None
    buffers: Count | None
    param_bytes: Count | None
    buffer_bytes: Count | None
    macs: Count | None
    flops: Count | None
    activations: Count | None
    output_bytes: Count | None


class Tool(msgspec.Struct, frozen=True):
    """What made the report.

    Attributes:
        name: ``cnninspect``.
        version: Its version.
    """

    name: str
    version: str


class Model(msgspec.Struct, frozen=True):
    """Which network it is: the spec as typed, and what that came to.

    Attributes:
        spec: As typed.
        name: The name in its source, or of the class.
        source: ``torchvision``, ``scratch``, ``timm``, ``nn`` or what else it was built from.
        class_path: Module and class.
        weights: Which were loaded; ``None``: none.
        arguments: That the constructor was given.
    """

    spec: str
    name: str
    source: str
    class_path: str
    weights: str | None
    arguments: dict[str, Any]


class Run(msgspec.Struct, frozen=True):
    """The forward pass: where, with what, and how long it took.

    Attributes:
        device: Where it ran; ``none`` where nothing did, as for a file of weights.
        dtype: Of the weights and the made-up inputs.
        mode: ``eval`` or ``train``.
        inputs: Every tensor that went in.
        outputs: Every tensor that came out.
        seconds: How long the pass took.
        cached: Was it answered from the cache?
        versions: Of Python, torch and the packages that the network is from.
    """

    device: str
    dtype: str
    mode: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    seconds: float
    cached: bool
    versions: dict[str, str]


class UncountedOp(msgspec.Struct, frozen=True):
    """An operator whose MACs no rule covers, and how often it ran.

    Attributes:
        op: Its name, such as ``aten::add``.
        calls: How often it ran.
    """

    op: str
    calls: Count


class NodeKind(StrEnum):
    """What a node of the graph is."""

    input = "input"
    layer = "layer"
    op = "op"
    output = "output"


class GraphNode(msgspec.Struct, frozen=True):
    """What makes tensors: a call of a module that calls no other, an operator that runs outside of these, an input.

    An output makes none, it takes one.

    Attributes:
        id: Its place among the nodes, from 0.
        kind: A layer, an operator outside layers, an input or an output.
        name: The last part of the path of a layer, the name of an operator (``add``), of an argument or of a result.
        path: Of a layer; of an operator, that of the module that runs it; empty for inputs and outputs.
        call: Which call of that module, from 1; 0 for inputs and outputs.
        op: The operator, ``aten::add``; empty for what is none.
        inputs: The nodes whose tensors it takes, in the order in which it takes them, one that it takes twice standing
            twice. What depends on no input of the network (a parameter, a constant) is left out.
        outputs: What it gives; of an output what that is.
        macs: Multiply-accumulates: a layer's own, or the operator's, which are a part of its module's own.
    """

    id: Count
    kind: NodeKind
    name: str
    path: str
    call: Count
    op: str
    inputs: tuple[Count, ...]
    outputs: tuple[TensorSpec, ...]
    macs: Count | None


class Graph(msgspec.Struct, frozen=True):
    """Who takes what from whom: nodes in execution order, so that every one stands behind those that it takes from.

    Attributes:
        nodes: In execution order.
    """

    nodes: tuple[GraphNode, ...]


class LayerCounts(msgspec.Struct, frozen=True):
    """What is left of the layers where each of them was not kept.

    Attributes:
        types: Modules of each type.
        leaves: Modules that have none below them.
        convolutions: Those that have a kernel, and channels in and out.
        linear: Those that have features in and out.
        receptive_field: Of the layer that sees most; ``None`` if that of no layer is defined.
    """

    types: dict[str, Count]
    leaves: Count
    convolutions: Count
    linear: Count
    receptive_field: ReceptiveField | None


class Report(Shown, frozen=True, omit_defaults=True):
    """All that one dummy forward pass showed; ``layers`` is in execution order, parents first.

    Attributes:
        tool: What made it.
        model: Which network it is.
        run: How it was run.
        totals: Figures of the whole model.
        layers: Every call of every module.
        uncounted_ops: Operators whose MACs no rule covers; while there are any, MACs and FLOPs are lower bounds.
        notes: What else is to be known: why a figure is unknown, say.
        graph: Where it was asked for.
        counted: In place of the layers, which are empty then.
    """

    schema_version: int
    tool: Tool
    model: Model
    run: Run
    totals: Totals
    layers: tuple[Layer, ...]
    uncounted_ops: tuple[UncountedOp, ...]
    notes: tuple[str, ...]
    graph: Graph | None = None
    counted: LayerCounts | None = None

    @property
    def is_of_pass(self) -> bool:
        """Was there a forward pass? A file of weights on its own has none."""
        return self.run.device != NO_DEVICE

    def to_json(self) -> str:
        """The report as JSON text, indented by two, with a newline at its end."""
        return json_text.to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Report":
        """Read a report back.

        Raises:
            RequestError: The text is not JSON, not a report, or of another schema version.
        """
        try:
            content = text.encode() if isinstance(text, str) else text
            check_size(content)
            version = msgspec.json.decode(content, type=_Versioned).schema_version
            if version != SCHEMA_VERSION:
                raise RequestError(
                    f"the report has schema version {version}, this cnninspect reads {SCHEMA_VERSION}",
                    hint="make it again with this version",
                )
            report = msgspec.json.decode(content, type=cls)
            _check_layers(report)
        except (msgspec.DecodeError, UnicodeError, RecursionError, UnlikelyError) as error:
            raise RequestError(
                f"not a cnninspect report: {error}",
                hint="save one with 'cnninspect summary MODEL -o report.json'",
            ) from error
        return report


class _Versioned(msgspec.Struct):
    schema_version: int


def _check_layers(report: Report) -> None:
    fields = [(layer.path, layer.receptive_field) for layer in report.layers]
    for path, field in [*fields, ("", report.counted and report.counted.receptive_field)]:
        if field and not 0 < len(field.size) == len(field.stride) == len(field.padding):
            raise UnlikelyError(f"the receptive field of {path!r} has no number for each dimension")
    for layer in report.layers:
        if layer.path.count(".") >= _MODULES:
            raise UnlikelyError(f"modules are nested more than {_MODULES} levels deep")
        if not all(is_shallow(value, _LISTS) for value in layer.settings.values()):
            raise UnlikelyError(f"a setting of {layer.path!r} is nested more than {_LISTS} levels deep")
    for place, node in enumerate(report.graph.nodes if report.graph else ()):
        if node.id != place or any(each >= place for each in node.inputs):
            raise UnlikelyError(f"node {node.id} of the graph does not stand behind all that it takes from")
    if not all(is_shallow(value, _LISTS) for value in report.model.arguments.values()):
        raise UnlikelyError(f"an argument of the model is nested more than {_LISTS} levels deep")
