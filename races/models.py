"""Races, the drones seen in them, who takes part, and the tracks they are flown on."""

import uuid
from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.db import models


class Track(models.Model):
    """A course in one of the simulator's maps: its gates in order make the lap, and its rules make the race.

    A race on it is over so many `laps`, or over `time_limit` and then `grace` to end the lap that runs, or open.
    """

    class StartMode(models.TextChoices):
        FIRST_CROSSING = "first_crossing"  # a drone's first passing of start/finish starts its lap 1
        RACE_START = "race_start"  # the race's first frame starts lap 1 for all

    name = models.CharField(max_length=100)
    drift_map = models.CharField("map", max_length=100, default="arena")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="tracks"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    min_lap = models.DecimalField("minimum lap (s)", max_digits=7, decimal_places=3, default=Decimal("5.000"))
    start_mode = models.CharField(max_length=20, choices=StartMode, default=StartMode.FIRST_CROSSING)
    laps = models.PositiveSmallIntegerField("laps to fly", null=True, blank=True)
    time_limit = models.DecimalField("time to fly (s)", max_digits=8, decimal_places=3, null=True, blank=True)
    grace = models.DecimalField("time to end the last lap (s)", max_digits=8, decimal_places=3, default=Decimal(0))
    # A flown lap, for gaps and comparisons: {"points": [[x, y, z], …], "gates_at": [m, …]}. NULL: from gate to gate.
    line = models.JSONField("reference line", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["drift_map", "name"], name="track_name_unique_on_its_map"),
            models.CheckConstraint(
                condition=models.Q(laps=None) | models.Q(time_limit=None), name="track_over_laps_or_over_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.drift_map})"


class Gate(models.Model):
    """A rectangle in space that counts when a drone flies through it in its facing; the first is start/finish.

    Axes are the simulator's (x right, y up, z forward, left-handed, metres). `yaw` turns the facing from +z
    towards +x, `pitch` tips it upwards, both in degrees.
    """

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="gates")
    order = models.PositiveSmallIntegerField()
    x = models.FloatField("x (m)")
    y = models.FloatField("y (m)")
    z = models.FloatField("z (m)")
    yaw = models.FloatField("yaw (deg)", default=0.0)
    pitch = models.FloatField("pitch (deg)", default=0.0)
    width = models.FloatField("width (m)")
    height = models.FloatField("height (m)")
    label = models.CharField(max_length=50, blank=True)
    # Start/finish ends the last sector whatever this says.
    sector_end = models.BooleanField("ends a sector", default=True)

    class Meta:
        ordering: ClassVar = ["track", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["track", "order"], name="gate_order_unique_in_track"),
            models.CheckConstraint(condition=models.Q(width__gt=0, height__gt=0), name="gate_has_a_size"),
        ]

    def __str__(self) -> str:
        return self.label or f"gate {self.order}"


class Race(models.Model):
    """A race: the owner of one UDP port while it is active, and of all frames that arrived there."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # created, no frame yet
        LIVE = "live"
        ENDING = "ending"  # asked to end; the ingest is writing the last frames
        ENDED = "ended"

    ACTIVE: ClassVar = [Status.WAITING, Status.LIVE]
    HOLDS_PORT: ClassVar = [Status.WAITING, Status.LIVE, Status.ENDING]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, default="race")
    drift_map = models.CharField("map", max_length=100, default="arena")
    track = models.ForeignKey(Track, null=True, blank=True, on_delete=models.SET_NULL, related_name="races")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="created_races"
    )
    is_public = models.BooleanField("public", default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING, db_index=True)
    saved = models.BooleanField(default=False)
    # NULL once ended, so that a plain unique index keeps two active races from one port on every database.
    udp_port = models.PositiveIntegerField("UDP port", null=True, blank=True, unique=True)
    stream_format = models.JSONField(help_text="The StreamFormat keys of the senders, in order.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    started_at = models.DateTimeField("first frame at", null=True, blank=True)
    last_frame_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    frame_count = models.PositiveBigIntegerField("frames", default=0)
    byte_count = models.PositiveBigIntegerField("datagram bytes", default=0)
    problem = models.CharField(
        max_length=200, blank=True, help_text="Why no frames can arrive, as the ingest process found it."
    )

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.drift_map}, {self.status})"

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def let_in(self) -> Self:
        """Give those who may know of a private race: who flies in it or was invited. To have watched it is neither."""
        return self.exclude(role=Participant.Role.VIEWER)


class Participant(models.Model):
    """Somebody who takes part in a race, by flying, by watching, or by an invitation to a private one."""

    class Role(models.TextChoices):
        INVITED = "invited"
        VIEWER = "viewer"
        PILOT = "pilot"

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["race", "joined_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["race", "user"], name="participant_once_per_race"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Drone(models.Model):
    """A source of frames in a race: numbered from 1 in the order of their first frames."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="drones")
    number = models.PositiveSmallIntegerField()
    drone_id = models.CharField(max_length=64, help_text="The sender's address, `ip` or `ip:port`.")
    name = models.CharField(max_length=50, blank=True)
    pilot = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="drones"
    )
    velocity_derived = models.BooleanField(default=False)
    frame_count = models.PositiveBigIntegerField("frames", default=0)
    last_seq = models.PositiveIntegerField("last frame's number", default=0)
    last_time = models.BigIntegerField("last frame's time (µs since 1970)", default=0)

    class Meta:
        ordering: ClassVar = ["race", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["race", "number"], name="drone_number_unique_in_race"),
            models.UniqueConstraint(fields=["race", "drone_id"], name="drone_id_unique_in_race"),
        ]

    def __str__(self) -> str:
        return self.name or f"drone {self.number}"


class IngestHost(models.Model):
    """The one row that the ingest process of this database keeps fresh: its heartbeat and its address.

    Times are the database's, so that hosts whose clocks differ agree on who is alive.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    token = models.UUIDField()
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_ingest_host_a_database"),
        ]

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"


class RaceTiming(models.Model):
    """How far a race has been timed: the engine's state, written with the laps and crossings that it gave.

    `start` is the race's start, where the track's start mode asks for one. The course in `state`, and `terms`, are the
    track's as they were when the timing began: what becomes of the track later changes no result.
    """

    race = models.OneToOneField(Race, primary_key=True, on_delete=models.CASCADE, related_name="timing")
    state = models.JSONField(help_text="As races.timing.Timer.state gives it.")
    # NULL for races that were timed before terms were kept: their track's of today hold.
    terms = models.JSONField(null=True, help_text="As races.courses.terms_json gives them.")
    start = models.BigIntegerField("race's start (µs since 1970)", null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"timing of {self.race_id}"


class Crossing(models.Model):
    """A drone passed a gate in its facing. `time` is the arrival of the frame that showed it."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="crossings")
    drone = models.PositiveSmallIntegerField("drone's number")
    gate = models.PositiveSmallIntegerField("gate's order")
    lap = models.PositiveIntegerField("number of the lap", null=True, blank=True)
    counted = models.BooleanField(help_text="Whether it advanced the lap.")
    time = models.BigIntegerField("arrival (µs since 1970)")
    race_time = models.BigIntegerField("race time (µs since 1970)")
    flight_time = models.FloatField("drone's own clock (s)")
    speed = models.FloatField("speed (m/s)")
    right = models.FloatField("right of the gate's centre (m)")
    up = models.FloatField("above the gate's centre (m)")

    class Meta:
        ordering: ClassVar = ["race", "race_time", "id"]
        constraints: ClassVar = [
            # A frame shows at most one passing of a place: what is written twice is there once.
            models.UniqueConstraint(fields=["race", "drone", "time", "gate"], name="crossing_once"),
        ]
        # A replay reads them as they came.
        indexes: ClassVar = [models.Index(fields=["race", "time"], name="crossing_in_time")]

    def __str__(self) -> str:
        return f"drone {self.drone}, gate {self.gate}"


class Reset(models.Model):
    """A drone was reset: its clock fell, and the lap that it flew is void. Fields as in races.timing.events.Reset."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="resets")
    drone = models.PositiveSmallIntegerField("drone's number")
    time = models.BigIntegerField("arrival (µs since 1970)")
    flight_time = models.FloatField("drone's own clock before it (s)")
    lap = models.PositiveIntegerField("number of the void lap", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["race", "time", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["race", "time", "drone"], name="reset_once"),
        ]

    def __str__(self) -> str:
        return f"drone {self.drone}, reset"


class Lap(models.Model):
    """A closed lap, by the engine or by a marshal's hand.

    `flaws` and `missed` (gates' orders) are what the engine found; `valid` is what counts now, rulings included. Times
    as in races.timing.events.Lap.
    """

    class Source(models.TextChoices):
        AUTO = "auto"  # timed while the race was flown
        MANUAL = "manual"  # a marshal's
        RECALC = "recalc"  # timed again from the recording

    class Ruled(models.TextChoices):
        VALID = "valid"
        INVALID = "invalid"

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="laps")
    drone = models.PositiveSmallIntegerField("drone's number")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=10, choices=Source, default=Source.AUTO)
    time = models.BigIntegerField("arrival of its last frame (µs since 1970)")
    start = models.BigIntegerField("start, race time (µs since 1970)")
    end = models.BigIntegerField("end, race time (µs since 1970)")
    # NULL for a lap that a marshal added: nobody knows.
    start_flight = models.FloatField("start, drone's own clock (s)", null=True, blank=True)
    end_flight = models.FloatField("end, drone's own clock (s)", null=True, blank=True)
    duration_ms = models.PositiveIntegerField("duration (ms)")
    sectors = models.JSONField("sectors (ms)", default=list)
    flaws = models.JSONField(default=list, blank=True)
    missed = models.JSONField("missed gates", default=list, blank=True)
    valid = models.BooleanField()
    ruled = models.CharField("a marshal's ruling", max_length=10, choices=Ruled, blank=True)
    reason = models.CharField("why it was ruled so", max_length=200, blank=True)
    samples = models.PositiveIntegerField("frames", default=0)
    max_gap_ms = models.PositiveIntegerField("longest gap between frames (ms)", default=0)
    top_speed = models.FloatField("top speed (m/s)", default=0.0)

    class Meta:
        ordering: ClassVar = ["race", "end", "drone", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["race", "drone", "number", "source"], name="lap_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["race", "drone", "end"], name="lap_of_a_drone")]

    def __str__(self) -> str:
        return f"drone {self.drone}, lap {self.number}"


class Ruling(models.Model):
    """What a race's director decided about its laps and drones, and why: kept for ever, in the order of decision."""

    class Kind(models.TextChoices):
        INVALIDATE = "invalidate"
        RESTORE = "restore"
        ADD_LAP = "add_lap"
        SPLIT_LAP = "split_lap"
        PENALTY = "penalty"
        DISQUALIFY = "disqualify"
        REINSTATE = "reinstate"
        RETIME = "retime"

    ON_DRONES: ClassVar = (Kind.PENALTY, Kind.DISQUALIFY, Kind.REINSTATE)

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="rulings")
    kind = models.CharField(max_length=12, choices=Kind)
    drone = models.PositiveSmallIntegerField("drone's number", null=True, blank=True)
    lap = models.PositiveIntegerField("number of the lap", null=True, blank=True)
    milliseconds = models.IntegerField("penalty, or length of the lap (ms)", null=True, blank=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="rulings"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["race", "id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
