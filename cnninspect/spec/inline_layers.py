"""Layers of ``torch.nn`` as they are typed, in sequence: read as literals, nothing is evaluated."""

import ast
import warnings

import msgspec

from cnninspect.errors import RequestError


class LayerCall(msgspec.Struct, frozen=True):
    """One ``torch.nn`` layer of an inline model, its arguments read as literals."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = {}


def parse_layers(text: str) -> tuple[LayerCall, ...]:
    """Read ``Conv2d(3, 7, 5); ReLU()``.

    Raises:
        RequestError: It is no sequence of layers, or an argument is no literal.
    """
    example = "for example 'nn:Conv2d(3, 7, 5, bias=False); ReLU()'"
    try:
        with warnings.catch_warnings(action="ignore"):  # of Python, about what is in a string
            statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else error
        raise RequestError(f"'nn:{text}' is not a sequence of layers: {why}", hint=example) from error
    if not statements:
        raise RequestError("'nn:' names no layer", hint=example)
    return tuple(_parse_layer(statement, text) for statement in statements)


def _parse_layer(statement: ast.stmt, text: str) -> LayerCall:
    node = statement.value if isinstance(statement, ast.Expr) else statement
    words = ast.get_source_segment(text.strip(), node) or text
    if isinstance(node, ast.Name):
        return LayerCall(node.id)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        raise RequestError(f"{words!r} is not a layer", hint="write a torch.nn class with its arguments: ReLU()")
    try:
        args = tuple(ast.literal_eval(value) for value in node.args)
        kwargs = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise RequestError(
            f"an argument in {words!r} is not a literal",
            hint="numbers, strings, True, None, tuples and lists are",
        ) from error
    return LayerCall(node.func.id, args, {str(key): value for key, value in kwargs.items()})
