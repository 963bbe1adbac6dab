"""Every cell of docs/api.md's table of who may do what, over HTTP and WebSocket."""

import json
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from accounts import tickets
from accounts.models import User
from drift_site.asgi import application
from races.models import Drone, Race, Track
from races.services import close_race, create_track
from tests.api_page import Row, permissions
from tests.flown import give_flight, give_lap
from tests.people import client_of, leave_the_database, let_in, make_race, make_user

ROWS = permissions()
GATE: Any = {"x": 0.0, "y": 0.0, "z": 0.0, "yaw": 0.0, "pitch": 0.0, "width": 1.0, "height": 1.0, "label": ""}
NAMES = {"race_name": "Final", "drift_map": "arena", "user_id": []}
BODIES: dict[str, Any] = {
    "POST /save_race/{race}": NAMES,
    "PUT /update_race/{race}": NAMES,
    "POST /api/races/": {},
    "PATCH /api/races/{race}/": {"name": "Final"},
    "POST /api/races/{race}/participants/": {"username": "other"},
    "PATCH /api/races/{race}/drones/1/": {"name": "Red"},
    "PATCH /api/races/{race}/drones/2/": {"pilot": "{me}"},
    "POST /api/tracks/": {"name": "Another", "gates": [GATE]},
    "PATCH /api/tracks/{track}/": {"name": "Ring"},
    "POST /api/races/{race}/laps/": {"drone": 1, "end_s": 60, "duration_ms": 20_000, "reason": "seen"},
    "PATCH /api/races/{race}/laps/{lap}/": {"valid": False, "reason": "cut"},
    "POST /api/races/{race}/laps/{lap}/split/": {"at_ms": 20, "reason": "missed"},
    "POST /api/races/{race}/rulings/": {"kind": "disqualify", "drone": 1, "reason": "cut"},
    "POST /api/races/{race}/retime/": {"dry_run": True},
    "POST /api/tracks/from-race/": {"race": "{race}", "drone": 3, "name": "Flown"},
}
# Calls about a race that is over; the others are about one that is live.
OVER = re.compile(r"GET /(saved_races|user_races|replay_race)|DELETE /(delete_race|api/races)|.*/retime/")


class Scene:
    """A race with frames and a track, and somebody with a role in them."""

    def __init__(self, role: str, call: str, *, is_public: bool) -> None:
        people = {name: make_user(name, staff=name == "staff") for name in ("owner", "me", "other", "staff")}
        self.me: User | None = {"nobody": None, "staff": people["staff"]}.get(role, people["me"])
        owner = people["me"] if role == "director" else people["owner"]
        self.race = make_race(owner, flown=True, is_public=is_public)
        self.track = create_track(by=owner, name="Loop", drift_map="arena", gates=[GATE])
        self.lap = give_lap(self.race, self.track) if re.search(r"/laps/|/retime/|/compare/", call) else None
        if "/from-race/" in call:
            give_flight(self.race, drone=3)
        self.other = people["other"]
        Drone.objects.filter(race=self.race, number=1).update(pilot=people["me"] if role == "pilot" else self.other)
        if "{other}" in call:
            let_in(self.race, self.other)
        if self.me is not None and role in {"guest", "pilot"}:
            let_in(self.race, self.me, "invited" if role == "guest" else "pilot")
        if OVER.match(call):
            close_race(race=self.race)
        self.race.refresh_from_db()

    def fill(self, template: str) -> str:
        return template.format(
            race=self.race.pk,
            port=self.race.udp_port,
            track=self.track.pk,
            me=self.me.pk if self.me else self.other.pk if "/api/" in template else -1,
            other=self.other.pk,
            lap=self.lap.pk if self.lap else 0,
        )


def clear() -> None:
    for model in (Race, Track, User):
        model.objects.all().delete()


def ask(scene: Scene, row: Row, expected: str) -> str:
    """Make the row's call and give what its cell would say of the answer."""
    method, path = row.call.split(" ")
    body = BODIES.get(row.call)
    if body is not None and body.get("race") == "{race}":
        body = {**body, "race": str(scene.race.pk)}
    if body == {"pilot": "{me}"}:
        body = {"pilot": scene.me.pk if scene.me else None}
    if path.startswith("/replay_race") or path.endswith("/export/"):
        method = "HEAD"  # as GET, without the stream, which the test client cannot take
    answer = client_of(scene.me).generic(method, scene.fill(path), json.dumps(body or {}), "application/json")
    if expected in {"in", "out"}:
        assert answer.status_code == 200
        return "in" if str(scene.race.pk) in answer.content.decode() else "out"
    return str(answer.status_code)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.call.startswith("WS ")], ids=lambda row: row.call)
@pytest.mark.django_db
def test_every_cell_over_http(row: Row, settings: Settings) -> None:
    found = {}
    for role, both in row.cells.items():
        for is_public, expected in zip((True, False), both, strict=True):
            scene = Scene(role, row.call, is_public=is_public)
            found[role, is_public] = (expected, ask(scene, row, expected))
            clear()
    assert {cell: got for cell, (_, got) in found.items()} == {cell: wanted for cell, (wanted, _) in found.items()}


async def opened(path: str, expected: str, race_id: str) -> str:
    """Open a WebSocket; gives `open`, the code with which it is closed, or whether the race is in its first message."""
    within = 1 if expected == "open" else 10
    socket = WebsocketCommunicator(application, path)
    try:
        connected, _ = await socket.connect(timeout=10)
        assert connected, "refusals come as close codes, after the handshake"
        if await socket.receive_nothing(timeout=within):
            return "open"  # the original's stream has no greeting
        sent = await socket.receive_output()
        if expected in {"in", "out"}:
            return "in" if race_id in sent["text"] else "out"
        return "open" if sent["type"] == "websocket.send" else str(sent["code"])
    finally:
        await socket.disconnect()


@pytest.mark.parametrize("row", [row for row in ROWS if row.call.startswith("WS ")], ids=lambda row: row.call)
@pytest.mark.django_db(transaction=True)
async def test_every_cell_over_websocket(row: Row) -> None:
    @sync_to_async
    def prepare(role: str, is_public: bool) -> tuple[str, str]:
        scene = Scene(role, row.call, is_public=is_public)
        ticket = f"?ticket={tickets.issue(scene.me)}" if scene.me is not None else ""
        return scene.fill(row.call.removeprefix("WS ")) + ticket, str(scene.race.pk)

    found, wanted = {}, {}
    for role, both in row.cells.items():
        for is_public, expected in zip((True, False), both, strict=True):
            wanted[role, is_public] = expected
            path, race_id = await prepare(role, is_public)
            found[role, is_public] = await opened(path, expected, race_id)
            await sync_to_async(clear)()
    await leave_the_database()
    assert found == wanted


def test_every_call_of_a_race_has_a_row() -> None:
    from races import urls as races  # noqa: PLC0415
    from telemetry import urls as telemetry  # noqa: PLC0415

    def shape(path: str) -> str:
        return re.sub(r"<[^>]*>|\{[^}]*\}|(?<=drones/)[12]", "*", path.split("?", maxsplit=1)[0].strip("/"))

    served = {shape(str(pattern.pattern)) for pattern in [*races.urlpatterns, *telemetry.urlpatterns]}
    assert served == {shape(row.call.split(" ")[1]) for row in ROWS if not row.call.startswith("WS ")}
