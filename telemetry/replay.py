"""The pacing of a replay: which part of a recording is due now. Pure: the clock is given, frames are others' business.

Times are whole microseconds since the race's first frame, as in the recording.
"""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson

SLOWEST: Final = 0.1
FASTEST: Final = 8.0
SHORTEST_LOOP: Final = 100_000  # µs: a shorter one would be wrapped several times a tick


class State(StrEnum):
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"


class BadCommand(Exception):
    """A viewer asked for something that there is not; the text is for them."""


class Span(NamedTuple):
    """A part of the recording that is due: from `start` on and before `end`; `jumped`: not behind the one before."""

    start: int
    end: int
    jumped: bool = False


class Loop(NamedTuple):
    start: int
    end: int


class Player:
    """A place in a recording of `duration` µs that moves on with `clock` (s) times the speed.

    `advance` gives what has become due since it was asked last; together the spans hold each moment once. Of more than
    `longest_step` (s of the clock) between two calls the rest does not count: who is late makes the replay wait.
    """

    def __init__(
        self, clock: Callable[[], float], duration: int, *, speed: float = 1.0, longest_step: float = 0.5
    ) -> None:
        self.duration = duration
        self.state = State.PLAYING
        self.speed = speed
        self.loop: Loop | None = None
        self._clock = clock
        self._longest_step = longest_step
        self._at = 0.0  # where it was at `_since`
        self._since = clock()
        self._given = 0  # everything before this has been given

    @property
    def time(self) -> int:
        """Where it is."""
        return min(int(self._now()), self.duration)

    def play(self) -> None:
        """Go on; where the end had been reached, as after a seek to the beginning (of the loop)."""
        if self.state == State.ENDED:
            self.seek(self.loop.start if self.loop else 0)
        elif self.state == State.PAUSED:
            self._since = self._clock()
        self.state = State.PLAYING

    def pause(self) -> None:
        if self.state == State.PLAYING:
            self._at = self._now()
            self.state = State.PAUSED

    def seek(self, to: int) -> None:
        """Go to a moment, or to the end that is nearer; what is due next begins behind it."""
        at = min(max(to, 0), self.duration)
        self._at, self._since, self._given = at, self._clock(), at + 1
        if self.state == State.ENDED:
            self.state = State.PAUSED

    def set_speed(self, speed: float) -> None:
        self._at, self._since = self._now(), self._clock()
        self.speed = speed

    def advance(self) -> list[Span]:
        """Give what has become due. At the end of the recording the state is ENDED."""
        if self.state != State.PLAYING:
            return []
        at = self._now()
        spans: list[Span] = []
        if self.loop is not None and at >= self.loop.end:
            start, end = self.loop
            spans += self._until(end)
            at = start + (at - end) % (end - start)
            self._given = start
            spans.append(Span(start, int(at), jumped=True))
            self._given = int(at)
        elif at >= self.duration:
            at = self.duration
            spans += self._until(self.duration + 1)
            self.state = State.ENDED
        else:
            spans += self._until(int(at))
        self._at, self._since = at, self._clock()
        return spans

    def _now(self) -> float:
        if self.state != State.PLAYING:
            return self._at
        return self._at + min(self._clock() - self._since, self._longest_step) * 1e6 * self.speed

    def _until(self, end: int) -> Iterator[Span]:
        if end > self._given:
            yield Span(self._given, end)
            self._given = end


def obey(player: Player, text: str | bytes) -> bool:
    """Do what a viewer's command (JSON, docs/protocol.md) says; tell whether it moved to another moment.

    Raises BadCommand, and then nothing has changed.
    """
    try:
        command = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadCommand("A command is JSON.") from None
    if not isinstance(command, dict):
        raise BadCommand("A command is a JSON object.")
    kind = command.get("type")
    before = player.state
    if kind == "play":
        player.play()
        return before == State.ENDED
    if kind == "pause":
        player.pause()
    elif kind == "seek":
        player.seek(_moment(command, "to"))
        return True
    elif kind == "speed":
        speed = _number(command, "value")
        if not SLOWEST <= speed <= FASTEST:
            raise BadCommand(f"value must be from {SLOWEST} to {FASTEST:g}.")
        player.set_speed(speed)
    elif kind == "loop":
        player.loop = _loop(command, player.duration)
    else:
        raise BadCommand("type must be play, pause, seek, speed or loop.")
    return False


def _loop(command: dict[str, Any], duration: int) -> Loop | None:
    if command.get("from") is None and command.get("to") is None:
        return None
    start, end = max(_moment(command, "from"), 0), min(_moment(command, "to"), duration)
    if end - start < SHORTEST_LOOP:
        raise BadCommand(f"from and to must be at least {SHORTEST_LOOP / 1e6:g} s of the race apart.")
    return Loop(start, end)


def _moment(command: dict[str, Any], name: str) -> int:
    # A moment outside any race is one outside this race too, and within what an integer column takes.
    return round(min(max(_number(command, name), -1e9), 1e9) * 1e6)


def _number(command: dict[str, Any], name: str) -> float:
    value = command.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadCommand(f"{name} must be a number.")
    return float(value)
