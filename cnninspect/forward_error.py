"""What a forward pass that fails comes to."""

from cnninspect.errors import ModelError
from cnninspect.report import Report


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
