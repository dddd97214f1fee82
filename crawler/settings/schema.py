"""The configuration as a JSON Schema, for editors that complete keys and mark what is wrong."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from crawler.settings.effective import text
from crawler.settings.keys import sections, shown
from crawler.settings.tree import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Text that refers to the environment, of which nobody knows what it will be.
_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a configuration file, its short forms included.

    It describes the file as it is written, so that a number may also be a reference such as `${NAME}`.
    What only a comparison of keys, or the outside world, can tell is left to `crawl check`.
    """
    made = Settings.model_json_schema(schema_generator=_Writer)
    parts = made.pop("$defs")
    made["title"] = "A crawl"
    for _, section in sections():
        properties = (made if section is Settings else parts[section.__name__])["properties"]
        for name, field in section.model_fields.items():
            kind = shown(field.annotation, field.metadata)
            if kind is not None and kind.default:
                properties[name].pop("default", None)
            elif kind is not None and isinstance(field.default, int | float):
                properties[name]["default"] = text(field.default, kind.name)
    return {"$schema": DIALECT, **made, "$defs": parts}


def schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


class _Writer(GenerateJsonSchema):
    """Lets a reference to a variable stand for every value that is not text anyway."""

    schema_dialect = DIALECT

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return _or_variable(super().int_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return _or_variable(super().bool_schema(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return _or_variable(super().float_schema(schema))

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return _or_variable(super().literal_schema(schema))

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _or_variable(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [schema, _VARIABLE]}
