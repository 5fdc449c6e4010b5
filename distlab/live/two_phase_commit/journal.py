"""The coordinator's journal: one JSON object a line, on disk before ``force`` returns."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

__all__ = ["Journal"]


class Journal:
    """A file to which records are appended.

    A record counts if its line is whole: a crash in the middle of a write leaves a torn line, which is no
    record, and which the next record does not continue.

    Parameters
    ----------
    path
        The file; it need not exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder, "journal"))
    ...     journal.force("commit", "T1")
    ...     journal.decision("T1"), journal.decision("T2")
    ('commit', None)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def force(self, record: str, transaction: str) -> None:
        """Append a record, and return when it is on disk.

        Parameters
        ----------
        record
            "commit", "abort" or "end".
        transaction
            Whose.
        """
        self._append(_line(record, transaction) + b"\n")

    def tear(self, record: str, transaction: str) -> None:
        """Append the first half of a record, as a crash in the middle of a write would."""
        line = _line(record, transaction)
        self._append(line[: len(line) // 2])

    def decision(self, transaction: str) -> str | None:
        """What was decided: "commit", "abort", or None if nothing is on disk."""
        for entry in self.records():
            if entry["transaction"] == transaction and entry["record"] in ("commit", "abort"):
                return str(entry["record"])
        return None

    def records(self) -> list[dict[str, Any]]:
        """All whole records, oldest first."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().split(b"\n")[:-1]:  # what follows the last line end is torn
            try:
                found.append(json.loads(line))
            except ValueError:  # torn, and ended by the next record
                continue
        return found

    def _append(self, content: bytes) -> None:
        is_new = not self.path.exists()
        with open(self.path, "a+b") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            torn = file.read(1) not in (b"\n", b"")
            file.write(b"\n" + content if torn else content)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_directory(self.path.parent)


def _line(record: str, transaction: str) -> bytes:
    return json.dumps({"record": record, "transaction": transaction}).encode()


def _sync_directory(folder: Path) -> None:
    """On POSIX a new file is on disk when its directory is."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
