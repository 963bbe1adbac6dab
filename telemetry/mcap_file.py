"""A recording as an MCAP file, which Foxglove, Lichtblick, PlotJuggler and Rerun open.

Each drone N has the channels /drone/N/tf and /drone/N/telemetry (telemetry.foxglove); the race is described in a
metadata record.
"""

import io
from collections.abc import Collection
from typing import Any, Final

import numpy as np
from mcap.writer import Writer

from races.models import Race
from telemetry import foxglove
from telemetry.clock import from_epoch_us
from telemetry.foxglove import TELEMETRY, TRANSFORM, Encoder
from telemetry.frames import FrameArray
from telemetry.recordings import Recording

CHUNK_BYTES: Final = 1 << 20  # as other writers of MCAP do: what a reader unpacks to see one moment


class _Sink(io.BytesIO):
    """Takes what the writer writes, and gives it away; tells the place in the whole file."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._at = 0

    def write(self, data: Any, /) -> int:
        self._parts.append(bytes(data))
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class McapFile:
    """Writes one race's file: `begin`, `add` in order, `end`; each gives the bytes that have become ready."""

    def __init__(self, race: Race, recording: Recording, drones: Collection[int]) -> None:
        self._race = race
        self._recording = recording
        self._sink = _Sink()
        self._writer = Writer(self._sink, chunk_size=CHUNK_BYTES)
        self._drones = drones
        self._encoders: dict[int, tuple[Encoder, int, int]] = {}

    def begin(self) -> bytes:
        writer = self._writer
        writer.start(library="drift")
        writer.add_metadata("race", self._description())
        schemas = [writer.register_schema(name, "protobuf", foxglove.schema(name)) for name in (TRANSFORM, TELEMETRY)]
        for drone in self._drones:
            drone_id = {"drone_id": self._recording.drone_ids[drone]}
            channels = [
                writer.register_channel(f"/drone/{drone}/{topic}", "protobuf", schema, drone_id)
                for topic, schema in zip(("tf", "telemetry"), schemas, strict=True)
            ]
            self._encoders[drone] = (Encoder(drone), channels[0], channels[1])
        return self._sink.taken()

    def add(self, frames: FrameArray) -> bytes:
        """Add frames of a race, by time."""
        messages: list[tuple[int, int, int, bytes]] = []  # place in `frames`, channel, seq, message
        for drone in np.unique(frames["drone"]).tolist():
            encoder, tf_channel, telemetry_channel = self._encoders[drone]
            places = np.flatnonzero(frames["drone"] == drone)
            own = frames[places]
            rows = zip(
                places.tolist(), own["seq"].tolist(), encoder.transforms(own), encoder.telemetry(own), strict=True
            )
            for place, seq, transform, telemetry in rows:
                if transform is not None:
                    messages.append((place, tf_channel, seq, transform))
                messages.append((place, telemetry_channel, seq, telemetry))
        times = (1000 * frames["time"]).tolist()  # ns
        for place, channel, seq, data in sorted(messages, key=lambda message: message[:2]):
            self._writer.add_message(channel, times[place], data, times[place], seq)
        return self._sink.taken()

    def end(self) -> bytes:
        self._writer.finish()
        return self._sink.taken()

    def _description(self) -> dict[str, str]:
        race, recording = self._race, self._recording
        return {
            "race_id": str(race.pk),
            "race_name": race.name,
            "drift_map": race.drift_map,
            "started_at": from_epoch_us(recording.start).isoformat() if recording.start else "",
            "frames": str(recording.frame_count),
            "velocity_derived": "true" if recording.velocity_derived else "false",
            "axes": "right-handed: x forward, y left, z up; metres. From the simulator's x right, y up, z forward.",
        }
