"""Run the migrations on the connection that `respond.store.sql.installation` hands over."""

from __future__ import annotations

from alembic import context

settings = context.config.attributes
context.configure(
    connection=settings["connection"],
    version_table=f"{settings['prefix']}alembic_version",
    version_table_schema=settings["schema"],
)
with context.begin_transaction():
    context.run_migrations()
