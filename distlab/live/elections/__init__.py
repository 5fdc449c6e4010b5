"""Live elections: etcd and ZooKeeper lose their leader, beside the models of Raft and Zab.

trials.py         take the leader away and time the next one
models.py         the same on the simulator, with the same time-outs
experiment.py     both in one table, for lesson 04
"""

from .experiment import ELECTION, live_election
from .models import raft_without_leader, zab_without_leader
from .trials import election_times

__all__ = ["ELECTION", "election_times", "live_election", "raft_without_leader", "zab_without_leader"]
