"""What commands are given by its number or name, out of the database."""

from uuid import UUID

from accounts.errors import NotFound, Refused
from races.models import Race, Track


def race(race_id: UUID) -> Race:
    """Give a race with its track; raises NotFound."""
    found = Race.objects.select_related("track").filter(pk=race_id).first()
    if found is None:
        raise NotFound(f"There is no race {race_id}.")
    return found


def track(text: str) -> Track:
    """Give a track by its number, else by its name; raises NotFound, and Refused for a name on several maps."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        numbered = Track.objects.filter(pk=int(text)).first()
        if numbered is not None:
            return numbered
    named = list(Track.objects.filter(name=text)[:2])
    if not named:
        raise NotFound(f"There is no track {text}.")
    if len(named) > 1:
        raise Refused(f"Several maps have a track {text}: give its number.")
    return named[0]
