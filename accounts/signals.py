"""What accounts tells the apps above it, which it may not import."""

from django.dispatch import Signal

# Sent with `user`, in the transaction that then deletes it: races takes the user off their races, and deletes
# those that nobody else takes part in.
user_deleting = Signal()
