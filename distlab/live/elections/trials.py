"""Take the leader of a real ensemble away, again and again, and time the next one."""

from __future__ import annotations

import random
import time

from ..errors import LiveError
from ..server import START_WITHIN
from ..servers import Etcd, EtcdMember, ZooKeeper, ZooKeeperServer
from ..waiting import wait_until

__all__ = ["TROUBLES", "election_times"]

TROUBLES = ("killed", "paused")
SPREAD = 0.5  # seconds over which the moments of the trouble are spread, so that no beat is preferred


def election_times(ensemble: Etcd | ZooKeeper, trouble: str, trials: int) -> list[float]:
    """Time how long a running ensemble is without a leader that serves.

    The leader is killed (SIGKILL) or paused (SIGSTOP). The time ends when one of the others says that it
    leads and answers as a leader does: in etcd a read that a majority confirms, in ZooKeeper the state that a
    server shows only when a majority has its history. Then the old leader is started again or goes on, and
    the next trial begins when the ensemble is whole.

    Parameters
    ----------
    ensemble
        A running ensemble of three or more members.
    trouble
        "killed" or "paused". On one machine the system closes the connections of a killed process, and the
        others may notice at once; a paused one is silent, as one whose machine has failed.
    trials
        How many times; 1 or more.

    Returns
    -------
    list of float
        Seconds, one for each trial.

    Raises
    ------
    ValueError
        If ``trouble`` is unknown or ``trials`` is less than 1.
    LiveError
        If there is no new leader within a minute.

    Examples
    --------
    >>> from distlab.live import etcd, is_available
    >>> if is_available("etcd"):
    ...     with etcd(heartbeat=0.02, election=0.1) as cluster:
    ...         assert len(election_times(cluster, "killed", trials=1)) == 1
    """
    if trouble not in TROUBLES:
        raise ValueError(f'trouble must be "killed" or "paused"; got {trouble!r}.')
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise ValueError(f"trials must be a whole number, 1 or more; got {trials!r}.")
    moments = random.Random(f"{trouble} {trials}")
    times = []
    for _ in range(trials):
        wait_until(lambda: is_whole(ensemble), START_WITHIN, "The ensemble was not whole again")
        old = ensemble.leader()
        time.sleep(moments.uniform(0, SPREAD))
        begin = time.monotonic()
        if trouble == "killed":
            old.kill()
        else:
            old.pause()
        others = [member for member in ensemble.members if member is not old]
        try:
            while not any(leads(member) for member in others):
                if time.monotonic() - begin > START_WITHIN:
                    raise LiveError(f"There was no new leader within {START_WITHIN:g} s.")
                time.sleep(0.002)
            times.append(time.monotonic() - begin)
        finally:
            old.resume()
        if trouble == "killed":
            old.restart()
    return times


def leads(member: EtcdMember | ZooKeeperServer) -> bool:
    """Whether a member says that it leads, and serves."""
    if isinstance(member, EtcdMember):
        status = member.status(timeout=0.5)
        return status is not None and status.id == status.leader and member.serves()
    state = member.state(timeout=0.5)
    return state is not None and state.mode == "leader"


def is_whole(ensemble: Etcd | ZooKeeper) -> bool:
    """Whether all members serve, under one leader."""
    if isinstance(ensemble, Etcd):
        views = [member.status() for member in ensemble.members]
        leaders = {(view.leader, view.term) for view in views if view is not None}
        agreed = len(leaders) == 1 and None not in views and min(leaders)[0] != 0
        return agreed and all(member.serves() for member in ensemble.members)
    modes = [state.mode for member in ensemble.members if (state := member.state()) is not None]
    return len(modes) == len(ensemble.members) and modes.count("leader") == 1
