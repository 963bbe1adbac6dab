"""What the OpenAPI schema says of every operation alike: how errors look."""

from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, in words: `detail`, or the problems of each field of the body.",
    "properties": {"detail": {"type": "string"}},
    "additionalProperties": True,
}


def document_errors(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Add the one shape of errors to each operation, as a drf-spectacular postprocessing hook."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                path[method]["responses"].setdefault("4XX", {"description": "Refused.", "content": content})
    return result
