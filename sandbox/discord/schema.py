"""Request bodies against Discord's own OpenAPI document."""

import json
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

Mode = Literal["all", "shapes", "off"]


class BodySchemas:
    """Validates bodies by route; each schema is compiled once, on its first use.

    `mode` is `all` (every body), `shapes` (a body whose structure was found good before is taken
    as good: for benchmarks) or `off`.
    """

    def __init__(self, document: Path, mode: Mode = "all") -> None:
        self.mode: Mode = mode
        self._specification: dict[str, Any] = json.loads(document.read_text("utf-8"))
        self._validators: dict[tuple[str, str], Draft202012Validator | None] = {}
        self._good_shapes: set[tuple[str, str, object]] = set()
        _relax_attachment_ids(self._specification)

    def first_problem(self, method: str, template: str, body: object) -> tuple[str, str] | None:
        """Return path and message of the most telling failure, or None for a good body.

        A route of which the document knows no JSON body takes none.
        """
        if self.mode == "off":
            return None
        if self.mode == "all":
            return self._check(method, template, body)
        key = (method, template, shape(body))
        if key in self._good_shapes:
            return None
        problem = self._check(method, template, body)
        if problem is None:
            self._good_shapes.add(key)
        return problem

    def _check(self, method: str, template: str, body: object) -> tuple[str, str] | None:
        validator = self._validator(method, template)
        if validator is None:
            return None if body is None else ("", "this route takes no body")
        if validator.is_valid(body):
            return None
        error = best_match(validator.iter_errors(body))
        return ".".join(map(str, error.absolute_path)), error.message[:300]

    def _validator(self, method: str, template: str) -> Draft202012Validator | None:
        key = (method, template)
        if key not in self._validators:
            self._validators[key] = self._compile(method, template)
        return self._validators[key]

    def _compile(self, method: str, template: str) -> Draft202012Validator | None:
        operation = self._specification["paths"].get(template, {}).get(method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        schema = content["application/json"]["schema"]
        # The references point into `components`, so these have to stand beside the schema.
        whole = {"components": self._specification["components"], **schema}
        return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def shape(body: object) -> object:
    """Return a hashable value equal for bodies of the same keys, types and small integers."""
    match body:
        case dict():
            return tuple(sorted((str(key), shape(value)) for key, value in body.items()))
        case list():
            return ("[]", *sorted({repr(shape(item)) for item in body}))
        case bool() | None:
            return repr(body)
        case int() if 0 <= body < 1_000:
            return repr(body)
        case _:
            return type(body).__name__


def _relax_attachment_ids(specification: dict[str, Any]) -> None:
    # The document wants a string where Discord takes, and discord.py sends, an integer too.
    request = specification["components"]["schemas"]["MessageAttachmentRequest"]
    request["properties"]["id"] = {"type": ["string", "integer"]}
