"""WebSockets opened with a ticket instead of a session."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts import tickets
from drift_site.asgi import application
from tests.people import leave_the_database, make_race, make_user


@pytest.mark.django_db(transaction=True)
async def test_a_ticket_opens_one_websocket_and_a_wrong_one_none() -> None:
    def prepare() -> tuple[str, str]:
        ann = make_user("ann")
        return f"/ws/races/{make_race(ann, is_public=False).pk}/", tickets.issue(ann)

    path, ticket = await sync_to_async(prepare)()

    async def first_message(query: str) -> dict[str, Any]:
        socket = WebsocketCommunicator(application, path + query)
        try:
            connected, _ = await socket.connect(timeout=10)
            assert connected
            message: dict[str, Any] = await socket.receive_output(timeout=10)
            return message
        finally:
            await socket.disconnect()

    assert (await first_message(f"?ticket={ticket}&every=1"))["type"] == "websocket.send"
    for wrong in (f"?ticket={ticket}", "?ticket=x", "?ticket=%00%ff", "?ticket=" + "x" * 5000):
        refused = await first_message(wrong)
        assert (refused["type"], refused["code"]) == ("websocket.close", 4401)
    await leave_the_database()
