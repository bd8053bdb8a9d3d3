"""Results as JSON text, and the JSON Schema of their types: one way for every command."""

from typing import Any

import msgspec


def to_json(result: msgspec.Struct) -> str:
    """A result as JSON text, indented by two, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"


def json_schema(kind: type[Any]) -> str:
    """The JSON Schema (draft 2020-12) of a result's type, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(kind)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
