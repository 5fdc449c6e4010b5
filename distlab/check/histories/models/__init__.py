"""Sequential models of shared objects, one file each."""

from .counter import Counter
from .lock import Lock
from .model import Model
from .queue import Queue
from .register import CASRegister, KeyValue, Register
from .set import Set

__all__ = ["CASRegister", "Counter", "KeyValue", "Lock", "Model", "Queue", "Register", "Set"]
