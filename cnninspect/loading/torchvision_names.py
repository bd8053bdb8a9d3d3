"""What torchvision calls its models and weights, read from its source.

Importing torchvision takes seconds; a misspelt name should be answered at once. Its models are
functions under ``@register_model``, their weights members of the enum in the annotation of ``weights``.
"""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# without a ^ in front, which would have each line looked at
_REGISTERED = re.compile(r'@register_model\((?:name="(\w+)")?\)$.*?^def (\w+)\(', re.MULTILINE | re.DOTALL)


@cache
def models() -> dict[str, tuple[Path, str]]:
    """Each model name with the file that defines it and the function's name there."""
    package = find_spec("torchvision")
    if package is None or package.origin is None:
        return {}
    files = sorted((Path(package.origin).parent / "models").rglob("*.py"))
    return {
        name or function: (file, function)
        for file in files
        for name, function in _REGISTERED.findall(file.read_text(encoding="utf-8"))
    }


def weights(name: str) -> tuple[str, ...]:
    """The names of a model's published weights, ``DEFAULT`` among them; empty if the source does not say."""
    file, function = models()[name]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = {s.name: s for s in tree.body if isinstance(s, ast.ClassDef)}
    return tuple(name for enum in enums(tree, function) if enum in classes for name in _members(classes[enum]))


def enums(tree: ast.Module, function: str) -> list[str]:
    """The weights enums that a function of the file ``tree`` takes; its own first."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == function:
            arguments = (*statement.args.kwonlyargs, *statement.args.args)
            annotation = next((ast.unparse(a.annotation) for a in arguments if a.arg == "weights" and a.annotation), "")
            return re.findall(r"\w+Weights", annotation)
    return []


def _members(enum: ast.ClassDef) -> list[str]:
    return [
        target.id
        for statement in enum.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
