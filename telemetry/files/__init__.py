"""Files that hold a flight: each module reads one kind, in bounded memory, as frames of a race."""
