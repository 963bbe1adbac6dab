import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Refused
from races.stream_format import DEFAULT_FORMAT, GROUPS, expand
from telemetry.frames import FRAME, FrameArray, empty
from telemetry.liftoff import Refusal, compile_format

FULL = compile_format(DEFAULT_FORMAT)
CAPTURE_FORMAT = ("Timestamp", "Position", "Attitude", "Gyro", "Input")
MEASURED = ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery", "motor_count", "motor_rpm")

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def full_datagram(*, battery: tuple[float, float] = (0.5, 16.0), motors: int = 4, first: float = 1.0) -> bytes:
    floats = [first, *range(2, 19), *battery]
    return struct.pack(f"<20fB{motors}f", *floats, motors, *range(100, 100 + motors))


@st.composite
def formats(draw: st.DrawFn) -> tuple[str, ...]:
    """Any valid StreamFormat: for each group nothing, the grouped key, or some of its single keys; in any order."""
    keys: list[str] = []
    for group, singles in GROUPS.items():
        choice = draw(st.sampled_from(["nothing", "group", "singles"]))
        if choice == "group":
            keys.append(group)
        elif choice == "singles":
            keys += draw(st.lists(st.sampled_from(singles), unique=True))
    return tuple(draw(st.permutations(keys or ["Timestamp"])))


def random_frames(count: int, motors: Sequence[int], seed: int) -> FrameArray:
    generator = np.random.default_rng(seed)
    frames = empty(count)
    for name in ("flight_time", "position", "attitude", "velocity", "gyro", "input", "motor_rpm"):
        frames[name] = generator.normal(0, 1000, frames[name].shape)
    frames["battery"] = generator.uniform((0, 3), (1, 25), (count, 2))
    frames["motor_count"] = motors
    frames["motor_rpm"][np.arange(8) >= frames["motor_count"][:, np.newaxis]] = np.nan
    return frames


def carried(frames: FrameArray, keys: Sequence[str]) -> FrameArray:
    """Give `frames` with everything absent that a stream of `keys` does not carry."""
    singles = expand(keys)
    kept = empty(len(frames))
    if "Timestamp" in singles:
        kept["flight_time"] = frames["flight_time"]
    if "MotorRPM" in singles:
        kept["motor_count"], kept["motor_rpm"] = frames["motor_count"], frames["motor_rpm"]
    for group, names in GROUPS.items():
        if group not in ("Timestamp", "MotorRPM"):
            for slot, name in enumerate(names):
                if name in singles:
                    kept[group.lower()][:, slot] = frames[group.lower()][:, slot]
    return kept


def test_the_full_format_with_four_motors_is_97_bytes_and_every_value_finds_its_place() -> None:
    datagram = full_datagram()
    assert len(datagram) == 97
    decoded = FULL.decode([datagram])
    assert decoded.accepted.tolist() == [0]
    assert decoded.refused == []
    assert decoded.frames.dtype == FRAME
    frame = decoded.frames[0]
    assert [frame[name].tolist() for name in MEASURED[:-1]] == [
        1.0,
        [2.0, 3.0, 4.0],
        [5.0, 6.0, 7.0, 8.0],
        [9.0, 10.0, 11.0],
        [12.0, 13.0, 14.0],
        [15.0, 16.0, 17.0, 18.0],
        [0.5, 16.0],
        4,
    ]
    assert frame["motor_rpm"][:4].tolist() == [100.0, 101.0, 102.0, 103.0]
    assert np.isnan(frame["motor_rpm"][4:]).all()
    assert (frame["time"], frame["drone"], frame["seq"]) == (0, 0, 0)


@pytest.mark.parametrize("motors", range(9))
def test_any_number_of_motors_up_to_eight_is_read(motors: int) -> None:
    frame = FULL.decode([full_datagram(motors=motors)]).frames[0]
    assert frame["motor_count"] == motors
    assert np.isfinite(frame["motor_rpm"]).sum() == motors


def test_values_that_the_stream_does_not_carry_are_nan() -> None:
    stream = compile_format(["PositionY", "SpeedX"])
    frame = stream.decode([struct.pack("<2f", 7, 3)]).frames[0]
    assert frame["position"][1] == 7
    assert frame["velocity"][0] == 3
    absent = [*frame["position"][[0, 2]], *frame["velocity"][1:], frame["flight_time"], *frame["battery"]]
    assert np.isnan(absent).all()
    assert frame["motor_count"] == 0


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ((0.75, 16.0), (0.75, 16.0)),
        ((16.0, 0.75), (0.75, 16.0)),
        ((1.5, 1.0), (1.5, 1.0)),
        ((1.0, 0.0), (1.0, 0.0)),
        ((75.0, 16.0), (75.0, 16.0)),
        ((16.0, 1.5), (1.5, 16.0)),
    ],
)
def test_battery_is_charge_then_voltage_whatever_the_order_they_come_in(
    sent: tuple[float, float], read: tuple[float, float]
) -> None:
    assert FULL.decode([full_datagram(battery=sent)]).frames[0]["battery"].tolist() == list(read)


def test_single_battery_keys_that_name_the_values_the_wrong_way_round_are_put_right() -> None:
    stream = compile_format(["BatteryVoltage", "Timestamp", "BatteryPercentage"])
    frames = stream.decode([struct.pack("<3f", 0.5, 1, 16), struct.pack("<3f", 16, 1, 0.5)]).frames
    assert frames["battery"].tolist() == [[0.5, 16.0], [0.5, 16.0]]


def test_a_single_battery_value_stays_where_its_key_says() -> None:
    frame = compile_format(["BatteryPercentage"]).decode([struct.pack("<f", 16)]).frames[0]
    assert frame["battery"][0] == 16
    assert np.isnan(frame["battery"][1])


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"", Refusal.SHORT),
        (full_datagram()[:80], Refusal.SHORT),
        (full_datagram()[:81], Refusal.SHORT),
        (full_datagram()[:-1], Refusal.SHORT),
        (full_datagram()[:-4], Refusal.SHORT),
        (full_datagram() + b"\0", Refusal.LONG),
        (full_datagram() + b"\0\0\0\0", Refusal.LONG),
        (full_datagram() + bytes(65000), Refusal.LONG),
        (full_datagram(motors=0)[:-1] + b"\x09", Refusal.MOTOR_COUNT),
        (full_datagram()[:80] + b"\xff" + full_datagram()[81:], Refusal.MOTOR_COUNT),
        (full_datagram(first=float("nan")), Refusal.NOT_FINITE),
        (full_datagram(battery=(0.5, float("inf"))), Refusal.NOT_FINITE),
        (full_datagram()[:-4] + struct.pack("<f", float("-inf")), Refusal.NOT_FINITE),
    ],
)
def test_a_bad_datagram_is_refused_for_its_reason_and_the_others_stay(datagram: bytes, reason: Refusal) -> None:
    good = full_datagram()
    decoded = FULL.decode([good, datagram, good])
    assert decoded.refused == [(1, reason)]
    assert decoded.accepted.tolist() == [0, 2]
    assert len(decoded.frames) == 2


@pytest.mark.parametrize(("size", "reason"), [(59, Refusal.SHORT), (61, Refusal.LONG)])
def test_a_format_without_motors_has_one_length(size: int, reason: Refusal) -> None:
    stream = compile_format(CAPTURE_FORMAT)
    assert stream.sizes == {60}
    assert stream.decode([bytes(size)]).refused == [(0, reason)]


def test_an_empty_batch_gives_no_frames() -> None:
    decoded = FULL.decode([])
    assert (len(decoded.frames), len(decoded.accepted), decoded.refused) == (0, 0, [])


def test_frames_of_different_lengths_keep_their_order() -> None:
    batch = [full_datagram(motors=index % 9, first=float(index)) for index in range(50)]
    decoded = FULL.decode(batch)
    assert decoded.frames["flight_time"].tolist() == [float(index) for index in range(50)]
    assert decoded.accepted.tolist() == list(range(50))


def test_decoded_frames_may_be_written_to() -> None:
    decoded = FULL.decode([full_datagram(), full_datagram()])
    decoded.frames["drone"] = 3
    assert decoded.frames["drone"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("keys", "derives"),
    [
        (CAPTURE_FORMAT, True),
        (("PositionZ", "PositionX", "Timestamp", "PositionY"), True),
        (("Position", "Gyro"), False),
        (("Timestamp", "PositionX", "PositionZ"), False),
        (("Timestamp", "Position", "SpeedY"), False),
        (DEFAULT_FORMAT, False),
    ],
)
def test_velocity_is_derived_only_with_a_clock_all_of_position_and_no_velocity_key(
    keys: tuple[str, ...], derives: bool
) -> None:
    stream = compile_format(keys)
    assert stream.derives_velocity is derives
    assert stream.has_timestamp is ("Timestamp" in keys)


def test_a_format_is_compiled_once() -> None:
    assert compile_format(["Timestamp", "Gyro"]) is compile_format(("Timestamp", "Gyro"))
    assert compile_format(["Timestamp", "Gyro"]).keys == ("Timestamp", "Gyro")


@pytest.mark.parametrize("keys", [[], ["Altitude"], ["Position", "PositionX"], ["MotorRPM", "MotorRPM"]])
def test_a_bad_format_is_refused(keys: list[str]) -> None:
    with pytest.raises(Refused):
        compile_format(keys)


def test_encoding_more_than_eight_motors_is_an_error() -> None:
    frames = random_frames(1, [4], seed=1)
    frames["motor_count"] = 9
    with pytest.raises(ValueError, match="8 motors"):
        FULL.encode(frames)


def test_encoding_puts_the_charge_first() -> None:
    frames = random_frames(1, [0], seed=1)
    frames["battery"] = (0.5, 16.0)
    assert compile_format(["Battery"]).encode(frames) == [struct.pack("<2f", 0.5, 16.0)]


@given(formats(), st.lists(st.integers(0, 8), max_size=12), st.integers(0, 2**32))
def test_encode_then_decode_gives_back_what_the_format_carries(
    keys: tuple[str, ...], motors: list[int], seed: int
) -> None:
    stream = compile_format(keys)
    frames = random_frames(len(motors), motors, seed)
    datagrams = stream.encode(frames)
    assert {len(datagram) for datagram in datagrams} <= stream.sizes
    decoded = stream.decode(datagrams)
    assert decoded.refused == []
    assert decoded.accepted.tolist() == list(range(len(motors)))
    assert decoded.frames.tobytes() == carried(frames, keys).tobytes()


@given(formats(), st.integers(0, 8), st.data())
def test_decode_then_encode_gives_back_the_datagram(keys: tuple[str, ...], motors: int, data: st.DataObject) -> None:
    stream = compile_format(keys)
    singles = expand(keys)
    packed = b""
    for key in singles:
        if key == "MotorRPM":
            packed += struct.pack(
                f"<B{motors}f", motors, *data.draw(st.lists(finite, min_size=motors, max_size=motors))
            )
        else:
            packed += struct.pack("<f", 0.5 if key.startswith("Battery") else data.draw(finite))
    assert stream.encode(stream.decode([packed]).frames) == [packed]


@given(formats(), st.data())
def test_any_bytes_are_decoded_or_refused(keys: tuple[str, ...], data: st.DataObject) -> None:
    stream = compile_format(keys)
    lengths = st.one_of(st.sampled_from(sorted(stream.sizes)), st.integers(0, 130))
    batch = data.draw(st.lists(lengths.flatmap(lambda size: st.binary(min_size=size, max_size=size)), max_size=8))
    decoded = stream.decode(batch)
    refused = [index for index, _ in decoded.refused]
    assert sorted([*decoded.accepted.tolist(), *refused]) == list(range(len(batch)))
    assert decoded.accepted.tolist() == sorted(decoded.accepted.tolist())
    assert refused == sorted(refused)
    assert len(decoded.frames) == len(decoded.accepted)
    packed = stream.decode_packed(b"".join(batch), np.array([len(each) for each in batch], "<u2"))
    assert packed.frames.tobytes() == decoded.frames.tobytes()
    assert (packed.accepted.tolist(), packed.refused) == (decoded.accepted.tolist(), decoded.refused)
    for row, index in enumerate(decoded.accepted.tolist()):
        alone = stream.decode([batch[index]])
        assert alone.frames.tobytes() == decoded.frames[row : row + 1].tobytes()


def test_packed_datagrams_of_one_length_are_decoded_or_refused_one_by_one() -> None:
    good, bad, miscounted = full_datagram(), full_datagram(battery=(float("nan"), 1.0)), bytearray(full_datagram())
    miscounted[FULL._count_at] = 5
    batch = [good, bad, good, bytes(miscounted)]
    decoded = FULL.decode_packed(b"".join(batch), np.full(4, 97))
    assert decoded.accepted.tolist() == [0, 2]
    assert decoded.refused == [(1, "not finite"), (3, "short")]
    assert len(decoded.frames) == 2


@pytest.mark.parametrize("cut", [1, 96, 97, 150])
def test_packed_datagrams_that_are_fewer_bytes_than_they_say_are_refused(cut: int) -> None:
    packed = (2 * full_datagram())[:-cut]
    decoded = FULL.decode_packed(packed, np.array([97, 97]))
    assert len(decoded.accepted) == (1 if cut <= 97 else 0)
    assert len(decoded.accepted) + len(decoded.refused) == 2
