"""DRIFT's ASGI application with one more path, by which a test publishes into the server's own channel layer."""

import base64
import json
from typing import Any

from channels.layers import get_channel_layer

from drift_site.asgi import application as drift


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """POST /_publish: {"group", "message"}, `frames` of the message in base64."""
    if scope["type"] != "http" or scope["path"] != "/_publish":
        await drift(scope, receive, send)
        return
    body = b""
    while True:
        part = await receive()
        body += part["body"]
        if not part.get("more_body"):
            break
    given = json.loads(body)
    message = given["message"]
    if "frames" in message:
        message["frames"] = base64.b64decode(message["frames"])
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(given["group"], message)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
