"""`manage.py retime_race`: time a recorded race again."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from management import lookup, preflight
from management.command import DriftCommand
from telemetry.retiming import Change, Retimed, retime_race


class Command(DriftCommand):
    help = (
        "Time a race that is over again from its recorded frames, as after a gate was moved. Laps that a marshal added "
        "stay, and so do rulings on laps that are still there."
    )
    example = 'python manage.py retime_race 3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90 --track "Hannover Oval" --dry-run'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("race", type=UUID, help="the race's id")
        parser.add_argument("--track", help="number or name of another track, which the race then keeps")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, show old and new side by side")
        parser.add_argument("--json", action="store_true", help="print the laps as JSON")

    def handle(self, *args: object, race: UUID, track: str | None, dry_run: bool, json: bool, **options: Any) -> None:
        preflight.need_database()
        again = retime_race(
            race=lookup.race(race),
            by=None,
            track=lookup.track(track) if track is not None else None,
            dry_run=dry_run,
        )
        self.stdout.write(as_json(again) if json else as_text(again))


def as_json(again: Retimed) -> str:
    return json.dumps(
        {
            "track": again.track.pk,
            "dry_run": again.dry_run,
            "rulings_lost": again.rulings_lost,
            "laps": [asdict(lap) for lap in again.laps],
        }
    )


def as_text(again: Retimed) -> str:
    """Give the laps as a table, those that change with a mark, and a sentence."""
    lines = ["drone  lap     before      after"]
    lines += [
        f"{lap.drone:>5}  {lap.number:>3}  {_time(lap.before_ms, lap.valid_before):>9}  "
        f"{_time(lap.after_ms, lap.valid_after):>9}{'  *' if lap.is_one else ''}"
        for lap in again.laps
    ]
    changes = sum(map(_counts, again.laps))
    done = "would change" if again.dry_run else "changed"
    lines.append(f"{len(again.laps)} laps on {again.track}, of which {changes} {done}.")
    if again.rulings_lost:
        lines.append(f"{again.rulings_lost} rulings were on laps that are no longer there.")
    return "\n".join(lines)


def _counts(lap: Change) -> bool:
    return lap.is_one


def _time(ms: int | None, valid: bool | None) -> str:
    return "—" if ms is None else f"{ms / 1000:.3f}{'' if valid else '!'}"
