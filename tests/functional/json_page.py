"""The guide's page of the JSON, made from the types: ``python -m tests.functional.json_page`` writes it anew.

What a field is for stands in the docstring of its type, under ``Attributes``.
"""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec.inspect as types

from cnninspect.cli.commands import COMMANDS

PAGE: Final = Path(__file__).parents[2] / "examples" / "guide" / "json.md"
_INTRODUCTION: Final = """\
# The JSON, field by field

Every command writes what it found as JSON with `-f json` (or `-o FILE.json`). Counts are whole numbers, of elements,
bytes or multiply-accumulates, never `61.1 M`; what can't be known is `null`, and a note says why. A field keeps its
name and its meaning as long as `schema_version` stays 1; new ones may join, so pass over those that you don't know.

```sh
cnninspect summary scratch:alexnet --device meta -o alexnet.json
jq .totals.params alexnet.json
```

```text
61100840
```

`cnninspect schema COMMAND` prints the same as a [JSON Schema](https://json-schema.org/), for programs that check what
they read:

```sh
cnninspect schema
cnninspect schema compare -o comparison.schema.json
```
"""
_VERSION: Final = "Of this layout: 1."
_PLAIN: Final[dict[Any, str]] = {
    types.IntType: "integer",
    types.FloatType: "number",
    types.StrType: "text",
    types.BoolType: "true or false",
    types.NoneType: "null",
    types.AnyType: "any JSON",
}


def attributes(kind: type[Any]) -> dict[str, str]:
    """What the docstring of a type says of its fields, each on one line."""
    _, _, listed = (inspect.getdoc(kind) or "").partition("\nAttributes:\n")
    listed = re.split(r"\n(?=\S)", listed)[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def structs(kind: Any) -> Iterator[types.StructType]:
    """The types with fields that a type consists of, itself first, in the order in which they come."""
    if isinstance(kind, types.StructType):
        yield kind
        for field in kind.fields:
            yield from structs(field.type)
    for inner in _inside(kind):
        yield from structs(inner)


def _inside(kind: Any) -> list[Any]:
    named = ("key_type", "value_type", "item_type", "type")
    one = [getattr(kind, name) for name in named if isinstance(getattr(kind, name, None), types.Type)]
    return [*one, *getattr(kind, "types", ()), *getattr(kind, "item_types", ())]


def said(kind: Any) -> str:
    """A type in words, with a link where it has fields of its own."""
    match kind:
        case types.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.UnionType():
            return " or ".join(map(said, sorted(kind.types, key=lambda each: isinstance(each, types.NoneType))))
        case types.EnumType():
            return f"one of {', '.join(f'`{each.value}`' for each in kind.cls)}"
        case types.DictType():
            return f"by name: {said(kind.value_type)}"
        case types.VarTupleType() | types.ListType():
            return f"list of {said(kind.item_type)}"
        case types.TupleType():
            return f"[{', '.join(map(said, kind.item_types))}]"
        case types.Metadata():
            return said(kind.type)
    return _PLAIN[type(kind)]


def section(kind: types.StructType) -> str:
    """A type with its fields.

    Raises:
        LookupError: Its docstring says nothing of one.
    """
    about = attributes(kind.cls) | {"schema_version": _VERSION}
    silent = [each.name for each in kind.fields if each.name not in about]
    if silent:
        raise LookupError(f"the docstring of {kind.cls.__name__} has nothing under Attributes on {', '.join(silent)}")
    summary = (inspect.getdoc(kind.cls) or "").partition("\n\nAttributes:")[0]
    rows = [f"| `{each.encode_name}` | {said(each.type)} | {about[each.name]} |" for each in kind.fields]
    head = [f"### {kind.cls.__name__}", "", summary, "", "| field | value | what it is |", "| --- | --- | --- |"]
    return re.sub(r"``None``", "`null`", "\n".join([*head, *rows])).replace("``", "`") + "\n"


def page() -> str:
    """The page as it has to be."""
    parts = [_INTRODUCTION]
    told: set[object] = set()
    for name, row in COMMANDS.items():
        if row.gives is None:
            continue
        module, _, kind = row.gives.partition(":")
        found = list(structs(types.type_info(getattr(import_module(module), kind))))
        parts.append(f"## `cnninspect {name}`\n\nGives one {said(found[0])}.\n")
        for each in found:
            if each.cls not in told:
                told.add(each.cls)
                parts.append(section(each))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
