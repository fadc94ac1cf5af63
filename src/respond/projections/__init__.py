"""Read models folded from events: no store, no clock."""
