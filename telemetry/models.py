from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from races.models import Race


class RealField(models.FloatField):  # type: ignore[type-arg]  # generic in the stubs only
    """A float32 column: what the datagrams carry, at half a double's disk on PostgreSQL."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "real"


def real(unit: str) -> RealField:
    return RealField(unit, null=True)


class TelemetryFrame(models.Model):
    """One recorded frame; columns as in the original DRIFT's table, NULL for what the stream did not carry.

    The race's key has no database constraint: a deferred foreign key, an insert and compress_chunk in one
    transaction break a hypertable, and a race's frames are deleted in bounded steps by telemetry itself.
    """

    pk = models.CompositePrimaryKey("race_id", "drone", "time")
    race = models.ForeignKey(Race, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    drone = models.PositiveSmallIntegerField()
    time = models.DateTimeField()
    seq = models.PositiveIntegerField()
    flight_time = real("s")
    position_x = real("m")
    position_y = real("m")
    position_z = real("m")
    attitude_x = real("")
    attitude_y = real("")
    attitude_z = real("")
    attitude_w = real("")
    velocity_x = real("m/s")
    velocity_y = real("m/s")
    velocity_z = real("m/s")
    gyro_pitch = real("deg/s")
    gyro_roll = real("deg/s")
    gyro_yaw = real("deg/s")
    input_throttle = real("-1..1")
    input_yaw = real("-1..1")
    input_pitch = real("-1..1")
    input_roll = real("-1..1")
    battery_percentage = real("0..1")
    battery_voltage = real("V")
    motor_count = models.PositiveSmallIntegerField(default=0)
    motor_rpm_1 = real("rpm")
    motor_rpm_2 = real("rpm")
    motor_rpm_3 = real("rpm")
    motor_rpm_4 = real("rpm")
    motor_rpm_5 = real("rpm")
    motor_rpm_6 = real("rpm")
    motor_rpm_7 = real("rpm")
    motor_rpm_8 = real("rpm")

    def __str__(self) -> str:
        return f"drone {self.drone} frame {self.seq}"


class JournalOffset(models.Model):
    """How far a race's journal is in the database: written with the frames, which makes each of them come once."""

    race = models.OneToOneField(Race, primary_key=True, on_delete=models.CASCADE, related_name="+")
    segment = models.PositiveIntegerField()
    offset = models.PositiveBigIntegerField("offset in the segment (bytes)")

    def __str__(self) -> str:
        return f"segment {self.segment}, byte {self.offset}"
