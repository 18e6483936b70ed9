"""Writes the published description as strictly as answers are to be held against it, for one sandbox.

Usage: definition.py IN OUT. The description says less than clients rely on, so that here

- a property that a schema does not require may be null: the service sends null for what is not there;
- a required one may be left out, as `$select` asks;
- a property that a schema does not name is an error, but for `@odata.context` and `@odata.count`;
- an attachment's answer has `BlobFileAccess`, which the official clients read;
- refusals are declared; what they look like is `checks.py`'s.
"""

import copy
import sys

import yaml


def strict(schema, schemas):
    """A copy of `schema` with `allOf` merged, nulls where they may be, and nothing that is not named."""
    schema = copy.deepcopy(schema)
    for part in schema.pop("allOf", []):
        part = strict(schemas[part["$ref"].rsplit("/", 1)[1]], schemas)
        schema.setdefault("properties", {}).update(part["properties"])
    # `$select` may leave out what is required, but not turn it into null.
    required = schema.pop("required", [])
    for name, value in schema.get("properties", {}).items():
        if name in required:
            continue
        if "$ref" in value:
            schema["properties"][name] = {"nullable": True, "allOf": [value]}
        else:
            value["nullable"] = True
            if "enum" in value:
                value["enum"] = [*value["enum"], None]
    if "properties" in schema:
        schema["properties"]["@odata.context"] = {"type": "string"}
        schema["properties"]["@odata.count"] = {"type": "integer"}
        schema["additionalProperties"] = False
    return schema


def main(source, target):
    with open(source, encoding="utf-8") as file:
        definition = yaml.safe_load(file)
    schemas = definition["components"]["schemas"]
    answers = {name: strict(schema, schemas) for name, schema in schemas.items()}
    answers["AttachmentDto"]["properties"]["BlobFileAccess"] = {"$ref": "#/components/schemas/AnswerBlobFileAccessDto"}
    def renamed(node):
        """A copy of `node` that refers to answers instead of requests."""
        if isinstance(node, list):
            return [renamed(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node and "/Answer" not in node["$ref"]:
            return {"$ref": node["$ref"].replace("/schemas/", "/schemas/Answer")}
        return {key: renamed(value) for key, value in node.items()}

    for name, schema in answers.items():
        schemas[f"Answer{name}"] = renamed(schema)
    for path in definition["paths"].values():
        for operation in path.values():
            operation["responses"] = renamed(operation["responses"])
            operation["responses"]["4XX"] = {"description": "Refused"}
    with open(target, "w", encoding="utf-8") as file:
        yaml.safe_dump(definition, file, sort_keys=False)


main(*sys.argv[1:])
