"""People, races and frames for the tests of several apps."""

import asyncio
from collections.abc import Iterable
from threading import Barrier
from uuid import UUID

import numpy as np
from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import F
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.models import AuthToken, User
from races.models import Drone, Participant, Race
from races.services import close_race, create_race
from telemetry import replay_threads
from telemetry.clock import from_epoch_us
from telemetry.frames import FrameArray
from telemetry.storage import write_frames
from tests.telemetry.builders import START, frames

PASSWORD = "correct horse 9"


def make_user(name: str, *, staff: bool = False) -> User:
    user = accounts.register(username=name, password=PASSWORD)
    if staff:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        user.refresh_from_db()
    return user


def client_of(user: User | None) -> APIClient:
    """Give a client with a token of the user's, or of nobody's."""
    client = APIClient(raise_request_exception=False)
    if user is not None:
        _, token = AuthToken.objects.create(user=user, device="test")
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def browser_of(user: User) -> APIClient:
    """Give a client with the user's session cookie, whose CSRF token is asked for where it is wanted."""
    client = APIClient(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


async def leave_the_database() -> None:
    """Close the connections of the threads in which coroutines ask the database, which keep it from being dropped."""
    await sync_to_async(connections.close_all)()
    all_at_once = Barrier(replay_threads.THREADS)

    def close() -> None:
        all_at_once.wait(10)
        connections.close_all()

    await asyncio.gather(*(replay_threads.in_replay_thread(close)() for _ in range(replay_threads.THREADS)))


def record(race: Race, drones: Iterable[int] = (1, 2, 1, 2), *, start: int = START) -> FrameArray:
    """Put a frame for each of `drones` into the database, 10 ms apart, as the recorder does, and give them."""
    made = frames(list(drones), start=start)
    put(race, made)
    return made


def put(race: Race, made: FrameArray) -> None:
    for number in np.unique(made["drone"]).tolist():
        own = made[made["drone"] == number]
        Drone.objects.get_or_create(race=race, number=number, defaults={"drone_id": f"10.0.0.{number}"})
        Drone.objects.filter(race=race, number=number).update(
            frame_count=F("frame_count") + len(own), last_time=int(own["time"][-1]), last_seq=int(own["seq"][-1])
        )
    write_frames(race.pk, made)
    last = from_epoch_us(int(made["time"].max()))
    Race.objects.filter(pk=race.pk).update(
        frame_count=F("frame_count") + len(made), byte_count=F("byte_count") + 97 * len(made), last_frame_at=last
    )
    Race.objects.filter(pk=race.pk, started_at=None).update(
        started_at=from_epoch_us(int(made["time"].min())), status=Race.Status.LIVE
    )
    race.refresh_from_db()


def make_race(creator: User | None, *, flown: bool = False, over: bool = False, is_public: bool = True) -> Race:
    race = create_race(creator=creator, is_public=is_public)
    if flown:
        record(race)
    if over:
        close_race(race=race)
    race.refresh_from_db()
    return race


def let_in(race: Race, user: User, role: str = Participant.Role.INVITED) -> None:
    Participant.objects.create(race=race, user=user, role=role)


def roles(race: Race | UUID) -> dict[str, str]:
    """Give who takes part in a race, in which role."""
    return dict(Participant.objects.filter(race=race).values_list("user__username", "role"))
