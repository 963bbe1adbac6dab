"""Recordings as MCAP, read back by the format's own reader."""

import io
from typing import Any

import numpy as np
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from mcap.reader import SeekingReader, make_reader
from mcap.records import Channel, Metadata
from mcap.stream_reader import StreamReader

from races.models import Race
from telemetry import export
from tests.people import make_race, put
from tests.telemetry.builders import START, frames

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def race() -> Race:
    race = make_race(None)
    made = frames([1, 2] * 1500)
    made["position"][:2] = np.nan
    put(race, made)
    return race


def whole(race: Race, drones: frozenset[int] | None = None) -> bytes:
    parts = list(export.parts_of(race, "mcap", drones=drones))
    assert sum(part.frames for part in parts) == (3000 if drones is None else 1500)
    return b"".join(part.data for part in parts)


def decoded(schema: Any, data: bytes) -> Any:
    """Read a message by what the file itself says of it."""
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(schema.data).file:
        pool.AddSerializedFile(file.SerializeToString())
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))()
    message.ParseFromString(data)
    return message


def test_every_frame_is_there_in_order_on_its_drones_channels(race: Race) -> None:
    reader = make_reader(io.BytesIO(whole(race)), validate_crcs=True)
    assert isinstance(reader, SeekingReader)
    summary = reader.get_summary()
    assert summary is not None
    assert summary.statistics is not None
    counts = {
        summary.channels[channel].topic: count for channel, count in summary.statistics.channel_message_counts.items()
    }
    assert counts == {
        "/drone/1/tf": 1499, "/drone/1/telemetry": 1500, "/drone/2/tf": 1499, "/drone/2/telemetry": 1500
    }  # fmt: skip
    assert len(summary.chunk_indexes) > 0
    times = [message.log_time for _, _, message in reader.iter_messages()]
    assert times == sorted(times)
    assert times[0] == (START + 10_000) * 1000


def test_a_reader_who_knows_nothing_reads_the_messages(race: Race) -> None:
    reader = make_reader(io.BytesIO(whole(race)))
    schema, channel, message = next(iter(reader.iter_messages(topics="/drone/2/tf")))
    assert schema is not None
    assert (schema.name, schema.encoding, channel.message_encoding) == ("foxglove.FrameTransform",) + ("protobuf",) * 2
    assert channel.metadata == {"drone_id": "10.0.0.2"}
    transform = decoded(schema, message.data)
    position = frames([1, 2] * 2)["position"][3].tolist()
    assert (transform.translation.x, transform.translation.y, transform.translation.z) == (
        position[2], -position[0], position[1]
    )  # fmt: skip
    assert message.sequence == 4
    schema, _, message = next(iter(reader.iter_messages(topics="/drone/1/telemetry")))
    assert decoded(schema, message.data).seq == 1


def test_the_file_can_be_read_as_a_stream_and_says_of_which_race_it_is(race: Race) -> None:
    records = list(StreamReader(io.BytesIO(whole(race, frozenset({2})))).records)
    (metadata,) = (record for record in records if isinstance(record, Metadata))
    assert metadata.name == "race"
    assert metadata.metadata["race_id"] == str(race.pk)
    assert metadata.metadata["started_at"] == "2026-01-01T00:00:00.010000+00:00"
    topics = {record.topic for record in records if isinstance(record, Channel)}
    assert topics == {"/drone/2/tf", "/drone/2/telemetry"}


def test_a_race_without_frames_is_a_whole_file_too() -> None:
    data = b"".join(part.data for part in export.parts_of(make_race(None), "mcap"))
    summary = make_reader(io.BytesIO(data)).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 0
