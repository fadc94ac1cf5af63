"""The thresholds of the garbage collector while a whole log passes."""

from __future__ import annotations

import gc

import pytest

from respond.engine.bulk import rare_collections


@pytest.fixture(autouse=True)
def thresholds():
    """The program's own thresholds, as this test chose them."""
    before = gc.get_threshold()
    gc.set_threshold(701, 11, 12)
    yield (701, 11, 12)
    gc.set_threshold(*before)


def test_collections_are_rare_inside_and_as_before_after(thresholds):
    """Inside the block collections are rare; after it the program's own thresholds stand, an error or not."""
    seen = []

    def work():
        with rare_collections():
            seen.append(gc.get_threshold()[0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert seen[0] > thresholds[0]
    assert gc.get_threshold() == thresholds


def test_blocks_that_overlap_restore_once(thresholds):
    """When two blocks overlap, the last one to end restores what the first one found."""
    one, two = rare_collections(), rare_collections()
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() != thresholds
    two.__exit__(None, None, None)
    assert gc.get_threshold() == thresholds
