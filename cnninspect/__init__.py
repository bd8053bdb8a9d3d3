"""cnninspect: parameters, shapes and MACs of networks in PyTorch.

>>> from cnninspect import inspect_model
>>> inspect_model("scratch:alexnet", inputs=["1x3x224x224"]).totals.params
61100840
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = [
    "CnnInspectError",
    "ModelError",
    "Report",
    "RequestError",
    "__version__",
    "apply_layers",
    "check_report",
    "compare_reports",
    "draw_model",
    "explain_model",
    "inspect_model",
    "profile_model",
    "sweep_models",
    "verify_models",
    "view_model",
]

if TYPE_CHECKING:
    from cnninspect.apply.chain import apply_layers
    from cnninspect.budgets.checking import check_report
    from cnninspect.compare.comparison import compare_reports
    from cnninspect.draw.network_picture import draw_model
    from cnninspect.errors import CnnInspectError, ModelError, RequestError
    from cnninspect.explain.explaining import explain_model
    from cnninspect.profile.profiling import profile_model
    from cnninspect.python_api import inspect_model
    from cnninspect.report import Report
    from cnninspect.sweep.model_sweep import sweep_models
    from cnninspect.verify.verification import verify_models
    from cnninspect.view.viewing import view_model

_HOMES = {
    "CnnInspectError": "errors",
    "ModelError": "errors",
    "Report": "report",
    "RequestError": "errors",
    "apply_layers": "apply.chain",
    "check_report": "budgets.checking",
    "compare_reports": "compare.comparison",
    "draw_model": "draw.network_picture",
    "explain_model": "explain.explaining",
    "inspect_model": "python_api",
    "profile_model": "profile.profiling",
    "sweep_models": "sweep.model_sweep",
    "verify_models": "verify.verification",
    "view_model": "view.viewing",
}


def __dir__() -> list[str]:
    """What there is to use."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: ``cnninspect --help`` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
