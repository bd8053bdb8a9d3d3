"""What torchvision calls its models, and what it publishes about their weights, read from its source.

Importing torchvision takes seconds; a misspelt name should be answered at once. Its models are functions under
``@register_model``, their weights members of the enum in the annotation of ``weights``. Each enum lists
``NAME = Weights(url=…, meta={…})``, all of it literals, constants of the same file and spreads of those
(``**_COMMON_META``).
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from cnninspect.loading.published import PublishedWeights, Task
from cnninspect.spec.sources import folder_of

# without a ^ in front, which would have each line looked at
_REGISTERED: Final = re.compile(r'@register_model\((?:name="(\w+)")?\)$.*?^def (\w+)\(', re.MULTILINE | re.DOTALL)
#: What the models in a folder are for.
_TASKS: Final = {
    "models": Task.classification,
    "segmentation": Task.segmentation,
    "detection": Task.detection,
    "video": Task.video,
    "optical_flow": Task.optical_flow,
    "quantization": Task.quantized,
}


@cache
def models() -> dict[str, tuple[Path, str]]:
    """Each model name with the file that defines it and the function's name there."""
    folder = folder_of("torchvision")
    return {
        name or function: (file, function)
        for file in (sorted((folder / "models").rglob("*.py")) if folder else ())
        for name, function in _REGISTERED.findall(file.read_text(encoding="utf-8"))
    }


def task(name: str) -> Task:
    """What a model is for: the folder that defines it."""
    return _TASKS[models()[name][0].parent.name]


def weights(name: str) -> tuple[PublishedWeights, ...]:
    """The published weights of a model; what is neither literal nor constant is ``None``."""
    file, function = models()[name]
    tree = _parsed(file)
    members = _members(tree, _enum(tree, function))
    default = members.pop("DEFAULT", None)
    constants = _constants(tree.body)
    return tuple(
        _published(member, value, constants, is_default=isinstance(default, ast.Name) and default.id == member)
        for member, value in members.items()
        if isinstance(value, ast.Call)
    )


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _enum(tree: ast.Module, function: str) -> str:
    """The enum of the weights that a function takes: the first in the annotation, which is its own."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == function:
            arguments = (*statement.args.kwonlyargs, *statement.args.args)
            annotation = next((ast.unparse(a.annotation) for a in arguments if a.arg == "weights" and a.annotation), "")
            return next(iter(re.findall(r"\w+Weights", annotation)), "")
    return ""


def _members(tree: ast.Module, enum: str) -> dict[str, ast.expr]:
    classes = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == enum)
    return {name: value for each in classes for statement in each.body for name, value in _assignments(statement)}


def _published(name: str, call: ast.Call, constants: dict[str, Any], *, is_default: bool) -> PublishedWeights:
    arguments = {keyword.arg: _value(keyword.value, constants) for keyword in call.keywords}
    meta = arguments.get("meta") or {}
    giga_macs = meta.get("_ops")
    return PublishedWeights(
        name=name,
        is_default=is_default,
        params=meta.get("num_params"),
        macs=None if giga_macs is None else round(giga_macs * 10**9),
        accuracy=meta.get("_metrics"),
        size_mb=meta.get("_file_size"),
        url=arguments.get("url"),
    )


def _constants(statements: list[ast.stmt]) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    for statement in statements:
        for name, value in _assignments(statement):
            constants[name] = _value(value, constants)
    return constants


def _assignments(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return [(statement.target.id, statement.value)]
    if isinstance(statement, ast.Assign):
        return [(target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name)]
    return []


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return constants.get(node.id)
        case ast.Dict():
            found: dict[Any, Any] = {}
            for key, value in zip(node.keys, node.values, strict=True):
                evaluated = _value(value, constants)
                found |= evaluated if key is None else {_value(key, constants): evaluated}
            return found
        case _:
            return None
