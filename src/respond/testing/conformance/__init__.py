"""The promise of every store as tests, one module a subject; `respond.testing.store_conformance` puts them together."""

from __future__ import annotations

import pkgutil

import pytest

# pytest explains the failed assertions of a plugin's modules only when it is told before they are imported.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
