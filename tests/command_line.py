"""The command line under test: run a command in this process, and look at what it says and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from respond.cli import main


@attrs.frozen
class Said:
    """What a command wrote, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@attrs.frozen
class CommandLine:
    """Runs commands on one database."""

    url: str
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> Said:
        """Run a command as it is typed, and return what it said."""
        self.capsys.readouterr()
        status = main([*map(str, arguments), "--db", self.url])
        captured = self.capsys.readouterr()
        return Said(status, captured.out, captured.err)

    def text(self, *arguments: object) -> str:
        """Return the page of a command that succeeds."""
        said = self.run(*arguments)
        assert said.status == 0, said.err
        return said.out

    def ask(self, *arguments: object, status: int = 0) -> dict[str, Any]:
        """Return the document of a command that ends with *status*."""
        said = self.run(*arguments, "--json")
        assert said.status == status, said.err
        return said.document

    def refusal(self, *arguments: object, status: int) -> dict[str, Any]:
        """Return the error of a command that ends with *status*; it is told to people too."""
        said = self.run(*arguments, "--json")
        assert said.status == status, said.out
        assert said.err.strip()
        return said.document["error"]


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Be an account that file permissions bind: root is not one."""
    if os.geteuid() != 0:
        yield
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
