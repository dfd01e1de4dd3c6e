"""The API as a page: every operation of the OpenAPI document, readable where there is no other network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from api.context import CurrentViewer
from api.web.site import Site

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"


class Field(NamedTuple):
    """A parameter, or a field of a model; `model` names the model it is made of."""

    name: str
    kind: str
    model: str
    required: bool
    about: str


class Operation(NamedTuple):
    """What may be asked of the API."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: str
    answer: str
    call: str


class Model(NamedTuple):
    """What goes in or out."""

    name: str
    about: str
    fields: tuple[Field, ...]


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the page."""

    @pages.get("/docs")
    def show_api(request: Request, _viewer: CurrentViewer) -> Response:
        document = request.app.openapi()
        base = site.deps.public_url or str(request.base_url).rstrip("/")
        areas: dict[str, list[Operation]] = {}
        for tag, operation in operations(document, base):
            areas.setdefault(tag, []).append(operation)
        about = document["info"]["description"]
        return site.page(request, "api.html", areas=areas, models=list(models(document)), about=about)


def operations(document: Mapping[str, Any], base: str) -> Iterator[tuple[str, Operation]]:
    """Yield each operation with its area."""
    for path, by_method in document["paths"].items():
        for method in _METHODS:
            if method in by_method:
                found = by_method[method]
                yield found["tags"][0], _operation(document, base, path, method, found)


def models(document: Mapping[str, Any]) -> Iterator[Model]:
    """Yield each model with its fields."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = schema.get("required", ())
        fields = (_field(key, one, key in required) for key, one in schema.get("properties", {}).items())
        yield Model(name, schema.get("description", ""), tuple(fields))


def _operation(document: Mapping[str, Any], base: str, path: str, method: str, found: Mapping[str, Any]) -> Operation:
    body = _content(found.get("requestBody", {}))
    success = next((code for code in found["responses"] if code.startswith("2")), "")
    parameters = (
        _field(
            f"{one['name']} ({one['in']})",
            one["schema"] | {"description": one.get("description", "")},
            one.get("required", False),
        )
        for one in found.get("parameters", ())
    )
    return Operation(
        anchor=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found.get("summary", ""),
        about=found.get("description", ""),
        parameters=tuple(parameters),
        body=_model(body),
        answer=_model(_content(found["responses"].get(success, {}))),
        call=_call(document, base, path, method, body),
    )


def _content(part: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = part.get("content", {}).get(_JSON, {}).get("schema", {})
    return schema


def _field(name: str, schema: Mapping[str, Any], required: bool) -> Field:  # noqa: FBT001 - a fact of the field
    return Field(name, _kind(schema), _model(schema), required, schema.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(_kind(one) for one in choices)
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    kind = str(schema.get("format") or schema.get("type", "any"))
    bounds = [
        f"{sign} {schema[key]}"
        for key, sign in (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "length ≤"))
        if key in schema
    ]
    return ", ".join([kind, *bounds])


def _model(schema: Mapping[str, Any]) -> str:
    """Return the name of the model that a schema is made of; empty for plain values."""
    for one in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in one:
            return str(one["$ref"].rpartition("/")[2])
    return ""


def _call(document: Mapping[str, Any], base: str, path: str, method: str, body: Mapping[str, Any]) -> str:
    words = ["curl", "-H 'Authorization: Bearer TOKEN'"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if body:
        example = json.dumps(_example(document, body), ensure_ascii=False).replace("'", "'\\''")
        words += ["-H 'Content-Type: application/json'", f"-d '{example}'"]
    return " ".join([*words, f"'{base}{path}'"])


def _example(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return an example of what a schema lets through: required fields, and those that have an example."""
    if "$ref" in schema:
        return _example(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if examples := schema.get("examples"):
        return examples[0]
    if choices := schema.get("anyOf"):
        return _example(document, choices[0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        required = schema.get("required", ())
        wanted = {key: one for key, one in schema.get("properties", {}).items() if key in required or "examples" in one}
        return {key: _example(document, one) for key, one in wanted.items()}
    return {"array": [], "integer": 1, "number": 1.0, "boolean": True}.get(schema.get("type", ""), "…")
