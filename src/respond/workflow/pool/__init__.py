"""The resource pool: one stream for what there is of a resource, from its opening until it is closed."""

from respond.workflow.pool.lifecycle import POOL, POOL_CATEGORY

__all__ = ["POOL", "POOL_CATEGORY"]
