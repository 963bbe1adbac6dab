import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.errors import Conflict, Refused
from accounts.models import User
from races import ingest_host
from races.models import IngestHost, Race
from races.services import close_race, create_race, end_race
from races.stream_format import DEFAULT_FORMAT


@pytest.mark.django_db
def test_a_race_takes_the_first_free_port(settings: Any) -> None:
    settings.DRIFT_UDP_PORTS = range(9001, 9004)
    races = [create_race() for _ in range(3)]
    assert [race.udp_port for race in races] == [9001, 9002, 9003]
    assert (races[0].status, races[0].stream_format) == ("waiting", list(DEFAULT_FORMAT))
    with pytest.raises(Conflict, match="All UDP ports"):
        create_race()
    end_race(race=races[1])
    assert create_race().udp_port == 9002


@pytest.mark.django_db(transaction=True)
def test_races_created_at_once_never_share_a_port(settings: Any) -> None:
    settings.DRIFT_UDP_PORTS = range(9001, 9009)
    made: list[int | None] = []
    refused: list[str] = []
    start = threading.Barrier(12)

    def create() -> None:
        start.wait()
        try:
            made.append(create_race().udp_port)
        except Conflict as error:
            refused.append(error.detail)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(port for port in made if port) == list(range(9001, 9009))
    assert len(refused) == 4


@pytest.mark.django_db
def test_a_user_has_so_many_active_races_and_staff_any(settings: Any) -> None:
    settings.DRIFT_MAX_ACTIVE_RACES = 2
    pilot = User.objects.create_user("pilot")
    first = create_race(creator=pilot)
    create_race(creator=pilot)
    with pytest.raises(Conflict, match="2 active races"):
        create_race(creator=pilot)
    end_race(race=first)
    create_race(creator=pilot)
    staff = User.objects.create_user("staff", is_staff=True)
    for _ in range(3):
        create_race(creator=staff)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], "must be a list"),
        (["Timestamp", "Wind"], "Unknown stream format key: Wind"),
        (["Position", "PositionX"], "names PositionX twice"),
        (["Timestamp", 7], "must be a list"),
    ],
)
def test_a_bad_stream_format_is_refused(keys: list[Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        create_race(keys=keys)
    assert not Race.objects.exists()


@pytest.mark.django_db
def test_ending_without_an_ingest_frees_the_port_and_saves_a_race_with_frames() -> None:
    empty, flown = create_race(), create_race()
    Race.objects.filter(pk=flown.pk).update(frame_count=5)
    assert end_race(race=empty).saved is False
    ended = end_race(race=flown)
    assert (ended.saved, ended.status, ended.udp_port) == (True, "ended", None)
    assert ended.ended_at is not None
    with pytest.raises(Refused, match="already ended"):
        end_race(race=flown)


@pytest.mark.django_db
def test_ending_waits_for_a_living_ingest_and_says_so_when_it_takes_long() -> None:
    assert ingest_host.claim(uuid4()) is None
    race = create_race()
    waits: list[float] = []

    def until_recorded(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            close_race(race=race)

    assert end_race(race=race, sleep=until_recorded).status == "ended"
    assert len(waits) == 3
    slow = create_race()
    with pytest.raises(Conflict, match="still saving"):
        end_race(race=slow, sleep=waits.append)
    slow.refresh_from_db()
    assert (slow.status, slow.udp_port is not None) == ("ending", True)
    # asking again while it saves is no error of its own
    with pytest.raises(Conflict, match="still saving"):
        end_race(race=slow, sleep=waits.append)


@pytest.mark.django_db
def test_one_ingest_owns_the_database_until_it_is_silent() -> None:
    first, second = uuid4(), uuid4()
    assert ingest_host.claim(first) is None
    owner = ingest_host.claim(second)
    assert owner is not None
    assert owner.token == first
    assert ingest_host.alive() is not None
    IngestHost.objects.update(beat_at=Now() - timedelta(seconds=6))
    assert ingest_host.alive() is None
    assert ingest_host.claim(second) is None
    assert not ingest_host.beat(first), "the first one learns that it has been succeeded"
    assert ingest_host.beat(second)
    ingest_host.release(second)
    assert ingest_host.claim(first) is None
