"""The one place where clock, ids, store and decide meet."""
