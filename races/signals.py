"""What races tells the apps above it, which it may not import."""

from django.dispatch import Signal

# Sent with `race` when a race with no ingest process alive is about to be marked ended, and before its rows go:
# telemetry records what its journal still holds, or deletes the frames.
race_ending = Signal()
race_deleting = Signal()
