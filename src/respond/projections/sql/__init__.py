"""Read models in tables of the log's own database, each moved on together with its checkpoint."""

from __future__ import annotations

from respond.projections.sql.library import TableLibrary
from respond.projections.sql.listing import TableListing
from respond.projections.sql.place import Build, Place
from respond.projections.sql.projection import TableProjection
from respond.projections.sql.rows import Rows
from respond.projections.sql.statistics import TableStatistics
from respond.store.sql.schema import big, name, words

__all__ = [
    "Build",
    "Place",
    "Rows",
    "TableLibrary",
    "TableListing",
    "TableProjection",
    "TableStatistics",
    "big",
    "name",
    "words",
]
