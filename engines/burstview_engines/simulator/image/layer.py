"""A root file system as one tar archive, the form in which Docker imports an image."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path, PurePosixPath


class Layer:
    """Grows by files, links and folders at absolute paths; parents come by themselves."""

    def __init__(self) -> None:
        self._entries: list[tuple[tarfile.TarInfo, bytes]] = []
        self._known = {"/"}

    def add(self, path: str, data: bytes, *, mode: int = 0o644, changed: int = 0) -> None:
        """A file; `changed` is its modification time in Unix seconds."""
        if entry := self._entry(path, mode):
            entry.size = len(data)
            entry.mtime = changed
            self._entries.append((entry, data))

    def copy(self, source: Path, path: str) -> None:
        """A file of this machine, with its mode and time; of a link, what it leads to."""
        status = source.stat()
        self.add(
            path,
            source.read_bytes(),
            mode=0o755 if status.st_mode & 0o111 else 0o644,
            changed=int(status.st_mtime),
        )

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        if entry := self._entry(path, 0o777):
            entry.type = tarfile.SYMTYPE
            entry.linkname = target
            self._entries.append((entry, b""))

    def folder(self, path: str, *, mode: int = 0o755) -> None:
        """An empty folder."""
        if entry := self._entry(path, mode):
            entry.type = tarfile.DIRTYPE
            self._entries.append((entry, b""))

    def archive(self) -> bytes:
        """All of it as a tar archive."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for entry, data in self._entries:
                tar.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    def _entry(self, path: str, mode: int) -> tarfile.TarInfo | None:
        """None for what is there already: the first one stays."""
        if path in self._known:
            return None
        self._known.add(path)
        parent = str(PurePosixPath(path).parent)
        if parent not in self._known:
            self.folder(parent)
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.mode = mode
        return entry
