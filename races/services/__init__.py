"""Everything that changes races: keyword-only verbs, each in its transaction.

The verbs that take `by` say who asks, and refuse those who may not (docs/api.md has the table). The others are for
the ingest and the operator's console.
"""

from races.services.drones import bind_drone, name_drone
from races.services.imports import begin_import, finish_import
from races.services.keeping import (
    bind_track,
    delete_race,
    discard_race,
    leave_race,
    remove_participant,
    save_race,
    set_track,
    update_race,
)
from races.services.marshalling import (
    RULES_ON_DRONES,
    add_lap,
    put_retimed,
    rule_on_drone,
    rule_on_lap,
    split_lap,
)
from races.services.running import (
    END_WAIT_SECONDS,
    ask_to_end,
    close_race,
    create_race,
    end_race,
    end_race_for,
)
from races.services.taking_part import invite, join_race, watch_race
from races.services.tracks import GateValues, TrackRules, create_track, delete_track, update_track

__all__ = [
    "END_WAIT_SECONDS",
    "RULES_ON_DRONES",
    "GateValues",
    "TrackRules",
    "add_lap",
    "ask_to_end",
    "begin_import",
    "bind_drone",
    "bind_track",
    "close_race",
    "create_race",
    "create_track",
    "delete_race",
    "delete_track",
    "discard_race",
    "end_race",
    "end_race_for",
    "finish_import",
    "invite",
    "join_race",
    "leave_race",
    "name_drone",
    "put_retimed",
    "remove_participant",
    "rule_on_drone",
    "rule_on_lap",
    "save_race",
    "set_track",
    "split_lap",
    "update_race",
    "update_track",
    "watch_race",
]
