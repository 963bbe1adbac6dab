"""What the benchmarks do in DRIFT's database, as a process of its own with the measured server's settings.

`python -m bench.database create COUNT` prints a line `ID UDP_PORT` for each race made;
`python -m bench.database count` prints how many frames are recorded, again for every line it reads.
"""

import sys

import django


def main() -> None:
    django.setup()
    from races.services import create_race  # noqa: PLC0415  models exist only after the set-up above
    from telemetry.models import TelemetryFrame  # noqa: PLC0415

    if sys.argv[1] == "create":
        for number in range(int(sys.argv[2])):
            race = create_race(name=f"bench {number}")
            print(race.pk, race.udp_port)
    else:
        for _ in sys.stdin:
            print(TelemetryFrame.objects.count(), flush=True)


if __name__ == "__main__":
    main()
