"""Ledgers: strangers agree on the next block; lecture 05.

Where things are
----------------
block, block_tree     records that name their parent by its hash; forks, the main chain, what waits
ledger_node           what all ledgers share: gossip, missing parents, the choice between forks
proof_of_work         who finds a small hash writes (PoW); ``difficulty`` is adjusted, ``hash_puzzle`` is real
slots                 a ledger in time slots: whose turn it is, everybody knows
proof_of_stake        the turn is drawn by stake (PoS); ``stakes`` has coin age, ``lottery`` the die
delegated             the turn goes round among elected delegates (DPoS); ``elections`` counts votes
private_miner         the double spend with real blocks; ``double_spend`` as a race, many at once
selfish_miner         selfish mining with real blocks; ``selfish_mining`` as a state machine
nothing_at_stake      signing on every branch, and what slashing does about it
cheats                nodes that break one rule each; ``ledger_mutants`` has what must refuse them
ledger_store          a register on a ledger: what clients see of an agreed order
measures              shares, intervals, forks and hashes of a trace; ``forks`` and ``stake_rounds`` draw many
ledger_experiments    the runs of the lesson; ``published_ledger`` counts the published figures
closed_forms          what the papers calculate

The property that all of them are checked against is ``distlab.check.Ledger``.
"""

from . import (
    closed_forms,
    double_spend,
    hash_puzzle,
    ledger_experiments,
    ledger_mutants,
    measures,
    published_ledger,
    selfish_mining,
    stake_rounds,
)
from .block import GENESIS, Block, seal
from .block_tree import BlockTree
from .delegated import DelegatedProofOfStake, audit_delegates
from .ledger_mutants import MUTANTS
from .ledger_node import LedgerNode
from .nothing_at_stake import BranchStarter, SignsEverywhere
from .private_miner import PrivateMiner
from .proof_of_stake import ProofOfStake, audit_stake
from .proof_of_work import ProofOfWork, audit_work
from .selfish_miner import SelfishMiner
from .stakes import StakeRules

__all__ = [
    "GENESIS",
    "MUTANTS",
    "Block",
    "BlockTree",
    "BranchStarter",
    "DelegatedProofOfStake",
    "LedgerNode",
    "PrivateMiner",
    "ProofOfStake",
    "ProofOfWork",
    "SelfishMiner",
    "SignsEverywhere",
    "StakeRules",
    "audit_delegates",
    "audit_stake",
    "audit_work",
    "closed_forms",
    "double_spend",
    "hash_puzzle",
    "ledger_experiments",
    "ledger_mutants",
    "measures",
    "published_ledger",
    "seal",
    "selfish_mining",
    "stake_rounds",
]
