"""Small disks of our own: a file as a block device with ext4, whose power can be cut."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from servers import missing

PREFIX = "respond-disk-"
SHUT_DOWN = 0x8004587D
"""The request to a file system to carry out nothing more, as `FS_IOC_SHUTDOWN` of Linux."""
WITHOUT_FLUSHING = 2
PACKAGES = {"losetup": "mount", "mkfs.ext4": "e2fsprogs", "mount": "mount", "umount": "mount"}


@attrs.frozen
class Disk:
    """A disk that is mounted on `folder`."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "mounted"

    @property
    def image(self) -> Path:
        return self.home / "image"

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Take all the room that is left."""
        with self.ballast.open("ab") as ballast:
            for size in (1 << 20, 1 << 16, 1 << 12):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), size)

    def free(self) -> None:
        """Give the room back."""
        self.ballast.unlink()

    def cut_power(self) -> None:
        """Let nothing more reach the disk; what is on its way there is lost."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(folder)

    def start_again(self) -> None:
        """Mount what has reached the disk; whoever used it must have ended."""
        _run("umount", str(self.folder))
        self.mount()

    def mount(self) -> None:
        """Mount the image; its device is given back when it is unmounted, whoever does that."""
        device = _run("losetup", "--find", "--show", "--direct-io=on", str(self.image)).strip()
        try:
            _run("mount", device, str(self.folder))
        finally:
            _run("losetup", "--detach", device)

    def remove(self) -> None:
        """Unmount the disk, and delete it."""
        _remove(self.home)


@contextmanager
def disk(megabytes: int) -> Iterator[Disk]:
    """Yield an empty disk; it is gone at the end, and with the next disk when this process is killed."""
    _require(*PACKAGES)
    remove_leftovers()
    made = Disk(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")))
    try:
        made.home.chmod(0o755)
        made.folder.mkdir()
        with made.image.open("wb") as image:
            image.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(made.image))
        try:
            made.mount()
        except subprocess.CalledProcessError as error:
            missing(f"no disk of our own: {error.stderr.strip()}")
        yield made
    finally:
        made.remove()


def remove_leftovers() -> None:
    """Remove the disks of processes that were killed before they could."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = int(home.name.removeprefix(PREFIX).partition("-")[0])
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            _remove(home)


def _remove(home: Path) -> None:
    if os.path.ismount(home / "mounted"):
        with suppress(subprocess.CalledProcessError):
            _run("umount", str(home / "mounted"))
    if os.path.ismount(home / "mounted"):  # someone still uses it: it goes with its last user
        _run("umount", "--lazy", str(home / "mounted"))
    shutil.rmtree(home)


def _require(*programs: str) -> None:
    """Skip the test, or fail it in CI, unless a disk can be made here."""
    if os.geteuid() != 0:
        missing("no disk of our own: only root can mount one")
    for program in programs:
        if shutil.which(program) is None:
            missing(f"no {program}; install the Debian package {PACKAGES[program]}")


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
