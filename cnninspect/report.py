"""The report: what one forward pass showed, as frozen plain data, also of one that fails. No torch in it.

Its JSON form is fixed by ``SCHEMA_VERSION``; counts are raw integers (elements, MACs, bytes),
and a figure that can't be known is ``None`` with a note saying why.
"""

from typing import Annotated, Any

import msgspec

from cnninspect import json_text
from cnninspect.errors import ModelError, RequestError

SCHEMA_VERSION = 1
#: ``run.device`` of a report without a forward pass: that of a file of weights.
NO_DEVICE = "none"


#: Of elements, MACs or bytes.
Count = Annotated[int, msgspec.Meta(ge=0)]


class TensorSpec(msgspec.Struct, frozen=True, gc=False):  # it can't be in a cycle, and there are very many
    """A tensor's name (where it stood in its container), shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class ReceptiveField(msgspec.Struct, frozen=True, gc=False):
    """Size, effective stride and effective padding, in input pixels, one integer per spatial dimension.

    As in Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (2019).
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]


class Layer(msgspec.Struct, frozen=True):
    """One call of one module.

    Attributes:
        path: As in ``named_modules()``; ``""`` is the model itself.
        call: 1 for the first call, 2 for the second …; 0 if the forward pass never reached it.
        params: Elements of the parameters at or below it, each counted once.
        own_params: Elements held directly by it, each counted where it is first met.
        macs: Multiply-accumulates of this call, at or below it.
        own_macs: The same, outside its children.
        activations: Elements output by convolutions, linear layers and matrix products of this call.
        output_bytes: Bytes of its outputs.
        settings: Constructor arguments that the module keeps.
    """

    path: str
    name: str
    type: str
    depth: int
    call: int
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
    """Figures of the whole model: elements, bytes, MACs; ``flops`` is ``2 * macs``."""

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
    """What made the report."""

    name: str
    version: str


class Model(msgspec.Struct, frozen=True):
    """Which network it is: the spec as typed, and what that came to."""

    spec: str
    name: str
    source: str
    class_path: str
    weights: str | None
    arguments: dict[str, Any]


class Run(msgspec.Struct, frozen=True):
    """The forward pass: where, with what, and how long it took."""

    device: str
    dtype: str
    mode: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    seconds: float
    cached: bool
    versions: dict[str, str]


class UncountedOp(msgspec.Struct, frozen=True):
    """An operator whose MACs no rule covers, and how often it ran."""

    op: str
    calls: int


class Report(msgspec.Struct, frozen=True):
    """All that one dummy forward pass showed; ``layers`` is in execution order, parents first."""

    schema_version: int
    tool: Tool
    model: Model
    run: Run
    totals: Totals
    layers: tuple[Layer, ...]
    uncounted_ops: tuple[UncountedOp, ...]
    notes: tuple[str, ...]

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
            version = msgspec.json.decode(text, type=_Versioned).schema_version
            if version != SCHEMA_VERSION:
                raise RequestError(
                    f"the report has schema version {version}, this cnninspect reads {SCHEMA_VERSION}",
                    hint="make it again with this version",
                )
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RequestError(
                f"not a cnninspect report: {error}",
                hint="save one with 'cnninspect summary MODEL -o report.json'",
            ) from error

    def _repr_html_(self) -> str:
        """The table, for a notebook."""
        from cnninspect.formats import html, summary  # the one look upwards: a report shows itself

        return html.fragment(summary.lay_out(self))


class ForwardError(ModelError):
    """A forward pass that fails.

    Attributes:
        layer: Path and type of the layer in which it was raised, as far as that can be told.
        report: The layers until then, the one that failed last; ``None`` if none was reached.
        is_certain: It would fail like this on every device: a layer's settings don't go with what reached it.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        layer: tuple[str, str] | None = None,
        report: Report | None = None,
        is_certain: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.layer = layer
        self.report = report
        self.is_certain = is_certain


class _Versioned(msgspec.Struct):
    schema_version: int
