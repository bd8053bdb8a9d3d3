"""The run of ``apply``, with a sign of life."""

from cnninspect.apply import chain
from cnninspect.apply.applied import Applied
from cnninspect.apply.given import Given
from cnninspect.apply.values import Maps
from cnninspect.cli import output, progress
from cnninspect.loading import inline
from cnninspect.spec import InlineModel


def applied(
    model: InlineModel,
    values: Maps,
    weights: tuple[Given, ...],
    biases: tuple[Given, ...],
    *,
    seed: int,
    mode: str,
    dtype: str,
    is_quiet: bool,
) -> Applied:
    """What the layers make of the values, in torch.

    Raises:
        RequestError: A weight does not fit its layer, or a layer does not take such values.
        ModelError: A layer can't be built or run.
    """
    with progress.shown("applying …", is_quiet=is_quiet) as tell, output.results_only():
        tell("importing torch")
        from cnninspect.apply import running

        module = inline.build(model, None)
        names = [chain.spelled(layer) for layer in model.layers]
        return running.apply(module, names, values, weights=weights, biases=biases, seed=seed, mode=mode, dtype=dtype)
