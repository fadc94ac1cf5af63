"""Alembic's scripts: the schema of every released version, forward only."""
