"""Checks an OpenAPI document: the document against OpenAPI's own schema, its examples against theirs.

Usage: check_document.py DOCUMENT. Prints what is wrong, a line each, and ends with 1 if anything is.
"""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

BASE = "urn:document"


def with_schema(node, pointer=""):
    """Every object of the document that has both a schema and a place for examples, with its pointer."""
    if isinstance(node, dict):
        if "schema" in node:
            yield pointer, node
        for key, value in node.items():
            escaped = key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
            yield from with_schema(value, f"{pointer}/{escaped}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from with_schema(value, f"{pointer}/{index}")


def examples(node):
    if "example" in node:
        yield node["example"]
    for example in node.get("examples", {}).values():
        yield example["value"]


def problems(document):
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"the document: {error.message}"
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry = Registry().with_resource(BASE, resource)
    checked = 0
    for pointer, node in with_schema(document):
        schema = Draft202012Validator({"$ref": f"{BASE}#{pointer}/schema"}, registry=registry)
        for example in examples(node):
            checked += 1
            for error in schema.iter_errors(example):
                yield f"the example at {pointer}: {error.message}"
    if checked == 0:
        yield "there are no examples"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(problems(json.load(file)))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


main()
