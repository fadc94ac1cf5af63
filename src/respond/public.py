"""Public names: what a package offers its users, each loaded from its home when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def public_names(
    namespace: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of the package with this *namespace*; *homes* are modules by name."""

    def load(name: str) -> Any:
        """Load a public name from its home; raises `AttributeError` for any other."""
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(home), name)
        return value

    def listed() -> list[str]:
        """List the public names beside those of the module itself."""
        return sorted({*namespace, *homes})

    return load, listed
