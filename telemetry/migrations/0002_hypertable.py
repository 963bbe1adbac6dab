from django.db import migrations

from telemetry.timescale import Hypertable


class Migration(migrations.Migration):
    dependencies = [
        ('telemetry', '0001_initial'),
    ]

    operations = [
        Hypertable(),
    ]
