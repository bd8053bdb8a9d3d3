"""What torchvision publishes about its weights, read from its source.

Each weights enum lists ``NAME = Weights(url=…, meta={…})``, all of it literals, constants of the same file
and spreads of those (``**_COMMON_META``). Importing torchvision to read them would take seconds.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from cnninspect.loading import torchvision_names

#: What the models in a folder are for.
TASKS: Final = {
    "models": "classification",
    "segmentation": "segmentation",
    "detection": "detection",
    "video": "video",
    "optical_flow": "optical flow",
    "quantization": "quantized classification",
}


class WeightsEntry(NamedTuple):
    """A member of a weights enum; what is neither literal nor constant in ``meta`` is ``None``."""

    name: str
    url: str | None
    meta: dict[str, Any]
    is_default: bool


def task(name: str) -> str:
    """What a model is for: the folder that defines it."""
    return TASKS[torchvision_names.models()[name][0].parent.name]


def entries(name: str) -> tuple[WeightsEntry, ...]:
    """The published weights of a model."""
    file, function = torchvision_names.models()[name]
    tree = _parsed(file)
    taken = torchvision_names.enums(tree, function)
    own = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name in taken[:1]]
    members = {target: value for enum in own for each in enum.body for target, value in _assignments(each)}
    default = members.pop("DEFAULT", None)
    constants = _constants(tree.body)
    found = []
    for member, value in members.items():
        if isinstance(value, ast.Call):
            arguments = {keyword.arg: _value(keyword.value, constants) for keyword in value.keywords}
            is_default = isinstance(default, ast.Name) and default.id == member
            found.append(WeightsEntry(member, arguments.get("url"), arguments.get("meta") or {}, is_default))
    return tuple(found)


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


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
