"""The pacing of a replay, with a clock that the test moves."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.replay import BadCommand, Loop, Player, Span, State, obey

SECOND = 1_000_000


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def player(clock: Clock) -> Player:
    """Give a player of 10 s."""
    return Player(clock, 10 * SECOND, longest_step=60)


def said(player: Player, **command: object) -> bool:
    return obey(player, orjson.dumps(command))


def test_time_passes_with_the_clock_and_the_speed(player: Player, clock: Clock) -> None:
    clock.now += 1
    assert player.advance() == [Span(0, SECOND)]
    player.set_speed(8)
    clock.now += 0.5
    assert player.advance() == [Span(SECOND, 5 * SECOND)]
    player.set_speed(0.1)
    clock.now += 1
    assert player.advance() == [Span(5 * SECOND, 5_100_000)]
    assert player.advance() == []


def test_a_change_of_speed_leaves_the_past_alone(player: Player, clock: Clock) -> None:
    clock.now += 1
    player.set_speed(2)
    clock.now += 1
    assert player.advance() == [Span(0, 3 * SECOND)]


def test_a_pause_stands_still(player: Player, clock: Clock) -> None:
    clock.now += 1
    player.pause()
    clock.now += 5
    assert player.advance() == []
    assert (player.state, player.time) == (State.PAUSED, SECOND)
    player.play()
    clock.now += 1
    assert player.advance() == [Span(0, 2 * SECOND)]


def test_the_last_frame_belongs_to_the_end(player: Player, clock: Clock) -> None:
    clock.now += 20
    assert player.advance() == [Span(0, 10 * SECOND + 1)]
    assert (player.state, player.time) == (State.ENDED, 10 * SECOND)
    assert player.advance() == []


def test_play_at_the_end_begins_anew(player: Player, clock: Clock) -> None:
    clock.now += 20
    player.advance()
    assert said(player, type="play") is True
    clock.now += 1
    assert player.advance() == [Span(1, SECOND)]


@pytest.mark.parametrize(("to", "at"), [(3 * SECOND, 3 * SECOND), (-5, 0), (99 * SECOND, 10 * SECOND)])
def test_seek_goes_to_a_moment_of_the_race(player: Player, clock: Clock, to: int, at: int) -> None:
    player.pause()
    player.seek(to)
    assert (player.time, player.state) == (at, State.PAUSED)
    player.play()
    clock.now += 0.5
    spans = player.advance()
    # The moment itself is shown by the seek.
    assert spans[0].start == at + 1 if spans else at == 10 * SECOND


def test_seek_while_playing_plays_on_and_after_the_end_waits(player: Player, clock: Clock) -> None:
    player.seek(2 * SECOND)
    assert player.state == State.PLAYING
    clock.now += 20
    player.advance()
    player.seek(SECOND)
    assert (player.state, player.time) == (State.PAUSED, SECOND)


def test_a_loop_gives_its_tail_and_its_head_again_and_again(player: Player, clock: Clock) -> None:
    player.loop = Loop(2 * SECOND, 5 * SECOND)
    clock.now += 4
    assert player.advance() == [Span(0, 4 * SECOND)]
    clock.now += 2
    assert player.advance() == [Span(4 * SECOND, 5 * SECOND), Span(2 * SECOND, 3 * SECOND, jumped=True)]
    clock.now += 1
    assert player.advance() == [Span(3 * SECOND, 4 * SECOND)]
    clock.now += 7  # more than a round
    assert player.advance() == [Span(4 * SECOND, 5 * SECOND), Span(2 * SECOND, 2 * SECOND, jumped=True)]
    player.loop = None
    clock.now += 20
    assert player.advance()[-1].end == 10 * SECOND + 1


def test_a_loop_of_the_whole_race_never_ends(player: Player, clock: Clock) -> None:
    said(player, type="loop", **{"from": 0, "to": 10})
    for _ in range(40):
        clock.now += 1
        player.advance()
    assert player.state == State.PLAYING


def test_who_is_late_makes_the_replay_wait(clock: Clock) -> None:
    player = Player(clock, 10 * SECOND, longest_step=0.5)
    clock.now += 5
    assert player.time == SECOND // 2
    assert player.advance() == [Span(0, SECOND // 2)]
    clock.now += 0.125
    assert player.advance() == [Span(SECOND // 2, 625_000)]


def test_a_race_of_one_frame_ends_with_it(clock: Clock) -> None:
    player = Player(clock, 0)
    assert player.advance() == [Span(0, 1)]
    assert player.state == State.ENDED


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["tick", "pause", "play", "speed", "jump"]),
            st.floats(0, 1.5),
        ),
        max_size=60,
    )
)
def test_between_jumps_every_moment_is_given_once(actions: list[tuple[str, float]]) -> None:
    clock = Clock()
    player = Player(clock, 3 * SECOND, longest_step=1.0)
    at = 0
    for action, amount in actions:
        if action == "tick":
            clock.now += amount
            for span in player.advance():
                assert span.start == at
                assert span.end > span.start
                at = span.end
        elif action == "speed":
            player.set_speed(0.1 + amount)
        elif action == "jump":
            player.seek(round(amount * SECOND))
            at = player.time + 1
        elif action == "pause":
            player.pause()
        elif player.state != State.ENDED:
            player.play()
    assert at <= 3 * SECOND + 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "A command is JSON."),
        (b"\xff\x00", "A command is JSON."),
        (b"[" * 5000, "A command is JSON."),
        (b"[1]", "A command is a JSON object."),
        (b"{}", "type must be play, pause, seek, speed or loop."),
        (b'{"type":["play"]}', "type must be"),
        (b'{"type":"seek"}', "to must be a number."),
        (b'{"type":"seek","to":"3"}', "to must be a number."),
        (b'{"type":"seek","to":true}', "to must be a number."),
        (b'{"type":"speed","value":0}', "value must be from 0.1 to 8."),
        (b'{"type":"speed","value":9}', "value must be from 0.1 to 8."),
        (b'{"type":"loop","from":3,"to":2}', "from and to must be at least 0.1 s of the race apart."),
        (b'{"type":"loop","from":1}', "to must be a number."),
        (b'{"type":"loop","from":50,"to":60}', "from and to must be at least"),
    ],
)
def test_a_bad_command_is_answered_and_changes_nothing(player: Player, text: bytes, complaint: str) -> None:
    with pytest.raises(BadCommand, match=complaint):
        obey(player, text)
    assert (player.state, player.speed, player.loop, player.time) == (State.PLAYING, 1.0, None, 0)


def test_commands_do_what_they_say(player: Player, clock: Clock) -> None:
    assert said(player, type="pause") is False
    assert player.state == State.PAUSED
    assert said(player, type="seek", to=2.5) is True
    assert player.time == 2_500_000
    assert said(player, type="seek", to=1e300) is True
    assert player.time == 10 * SECOND
    assert said(player, type="speed", value=4) is False
    assert player.speed == 4
    assert said(player, type="loop", **{"from": 1, "to": 99}) is False
    assert repr(player.loop) == repr(Loop(SECOND, 10 * SECOND))
    assert said(player, type="loop") is False
    assert repr(player.loop) == "None"
    assert said(player, type="play") is False
