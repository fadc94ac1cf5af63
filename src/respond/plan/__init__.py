"""The contingency plan (应急预案) as data."""
