"""Two accounts in two databases, A with 800 and B with 600, and a directory for the coordinator's journal."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import LiveError
from ..laboratory import Process, new_folder
from .coordinator import POINTS, participant
from .journal import Journal
from .participant import Blocked, InDoubt, Participant

__all__ = ["AMOUNT", "BALANCES", "Bank", "bank"]

BALANCES = {"A": 800, "B": 600}
AMOUNT = 200
PATIENCE = 60.0  # seconds until the coordinator must have come to where it is to be killed


class Bank(NamedTuple):
    """Two accounts, and what a coordinator needs.

    Attributes
    ----------
    participants : tuple of Participant
        Connections to A and B.
    folder : Path
        The coordinator's directory.
    """

    participants: tuple[Participant, Participant]
    folder: Path

    @property
    def journal(self) -> Journal:
        """The coordinator's journal."""
        return Journal(self.folder / "journal")

    def begin_again(self) -> None:
        """800 and 600, nothing in doubt, an empty journal."""
        for one in self.participants:
            for doubt in one.in_doubt():
                one.rollback_prepared(doubt.transaction)
            one.create(BALANCES[one.name])
        self.journal.path.unlink(missing_ok=True)

    def balances(self) -> dict[str, int]:
        """What the accounts hold, as a reader sees it now."""
        return {one.name: one.balance() for one in self.participants}

    def in_doubt(self) -> list[InDoubt]:
        """What is prepared and not decided, as the databases say."""
        return [doubt for one in self.participants for doubt in one.in_doubt()]

    def blocked(self) -> dict[str, str]:
        """For each account, what an ordinary update of it meets: "" or why it is blocked."""
        found = {}
        for one in self.participants:
            try:
                one.commit_in_one_phase(0)
                found[one.name] = ""
            except Blocked as error:
                found[one.name] = str(error)
        return found

    def kill_coordinator(self, point: str, transaction: str = "T1", amount: int = AMOUNT) -> Process:
        """Start a coordinator that moves an amount from A to B; kill it when it has come to a point.

        Parameters
        ----------
        point
            One of ``POINTS``.
        transaction
            The transaction's name.
        amount
            What A gives and B gets.

        Returns
        -------
        Process
            The dead process: its ``status`` is -9 where there are signals.

        Raises
        ------
        ValueError
            If there is no such point.
        LiveError
            If the coordinator does not come there.
        """
        if point not in POINTS:
            raise ValueError(f"point must be one of {', '.join(map(repr, POINTS))}; got {point!r}.")
        process = self._start_coordinator(transaction, amount, point)
        deadline = time.monotonic() + PATIENCE
        while f"stopped at {point}" not in process.log():
            if not process.runs or time.monotonic() > deadline:
                log = process.log()
                process.end()
                raise LiveError(f"The coordinator did not come to {point!r}. Its log ends with:\n{log}")
            time.sleep(0.005)
        process.kill()
        return process

    def _start_coordinator(self, transaction: str, amount: int, stop_at: str) -> Process:
        changes = {"A": -amount, "B": amount}
        orders = {
            "transaction": transaction,
            "journal": str(self.journal.path),
            "stop_at": stop_at,
            "participants": [
                {"kind": one.kind, "name": one.name, "place": one.place, "change": changes[one.name]}
                for one in self.participants
            ],
        }
        (self.folder / "log").unlink(missing_ok=True)
        (self.folder / "orders").write_text(json.dumps(orders), encoding="utf-8")
        package = Path(__file__).resolve().parents[3]
        command = [sys.executable, "-m", "distlab.live.two_phase_commit.coordinator", "orders"]
        return Process(command, self.folder, env={"PYTHONPATH": str(package)})


@contextmanager
def bank(kind: str = "sqlite") -> Iterator[Bank]:
    """Make two accounts in two databases; everything is removed at the end.

    Parameters
    ----------
    kind
        "sqlite": two files. "postgres": two databases of a server that is started for it.

    Yields
    ------
    Bank

    Raises
    ------
    ServerNotFound
        If PostgreSQL is not installed.
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> with bank() as accounts:
    ...     accounts.balances()
    {'A': 800, 'B': 600}
    """
    with ExitStack() as stack:
        folder = new_folder("coordinator")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if kind == "sqlite":
            places = {name: str(folder / f"{name}.db") for name in BALANCES}
        elif kind == "postgres":
            places = _databases(stack)
        else:
            raise ValueError(f'kind must be "sqlite" or "postgres"; got {kind!r}.')
        a, b = [stack.enter_context(participant(kind, name, place)) for name, place in places.items()]
        found = Bank((a, b), folder)
        for one in found.participants:
            one.create(BALANCES[one.name])
        yield found


def _databases(stack: ExitStack) -> dict[str, str]:
    """Two databases of a new server that allows prepared transactions."""
    from ..servers import postgres

    server = stack.enter_context(postgres({"max_prepared_transactions": 10}))
    places = {}
    for name in BALANCES:
        with server.connect(autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "bank_{name.lower()}"')
        places[name] = server.dsn.replace("dbname=postgres", f"dbname=bank_{name.lower()}")
    return places
