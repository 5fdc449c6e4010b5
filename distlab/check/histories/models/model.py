"""What a shared object does when it serves one operation after the other: a sequential specification."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from ..operation import Operation, shown

__all__ = ["Model"]


class Model:
    """A sequential object. A model of one's own defines ``operations``, ``initial`` and `step`.

    Attributes
    ----------
    operations : the names of the operations it serves.
    observers : those of them that never change the state.
    initial : the state before the first operation. States are hashable and never changed in place.
    noun : what the object is called in sentences when it has no key.

    Examples
    --------
    >>> class Flag(Model):
    ...     operations = ("raise", "look")
    ...     observers = ("look",)
    ...     initial = False
    ...     def step(self, state, operation):
    ...         if operation.operation == "raise":
    ...             return True, True
    ...         return operation.result == state, state
    >>> Flag().step(False, Operation("Ann", "look", invoked=0, returned=1, result=True))
    (False, False)
    """

    operations: ClassVar[tuple[str, ...]] = ()
    observers: ClassVar[tuple[str, ...]] = ()
    initial: Any = None
    noun: ClassVar[str] = "object"

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        """Serve the operation in this state: whether its answer is right, and the state afterwards.

        The answer of an operation with status "unknown" is not known, so every answer is right.
        """
        raise NotImplementedError(f"{self} has to define step(state, operation)")

    def too_late(self, state: Any, operation: Operation) -> bool:
        """True when the answer is wrong in this state and in all that can come after it."""
        return False

    def part(self, operation: Operation) -> Hashable:
        """The object that the operation is about; what is done to one object does not matter to another."""
        return operation.key

    def parts(self, operations: Sequence[Operation]) -> dict[Hashable, list[Operation]]:
        """The operations of each part, in order of first use (Horn and Kroening 2015: P-compositionality)."""
        divided: dict[Hashable, list[Operation]] = {}
        for operation in operations:
            divided.setdefault(self.part(operation), []).append(operation)
        return divided

    def effect(self, operation: Operation) -> Hashable:
        """Two operations with equal effects can stand for each other in `step`."""
        return operation.operation, operation.value, operation.result, operation.is_unknown

    def is_observer(self, operation: Operation) -> bool:
        """True when the operation, with the answer it got, leaves every state as it is."""
        return operation.operation in self.observers

    def reads(self, operation: Operation) -> tuple[Any, ...]:
        """For a state that is one value: ``(v,)`` when the answer is right only in state v, else ``()``."""
        return ()

    def writes(self, operation: Operation) -> tuple[Any, ...]:
        """For a state that is one value: ``(v,)`` when the operation, in effect, leaves v, else ``()``."""
        return ()

    def puts(self, operation: Operation) -> tuple[Any, ...]:
        """For a first-in-first-out object: ``(item,)`` when the operation puts an item in, else ``()``."""
        return ()

    def takes(self, operation: Operation) -> tuple[Any, ...]:
        """For a first-in-first-out object: ``(item,)`` when the operation took that item out, else ``()``."""
        return ()

    def fitted(self, operations: Sequence[Operation]) -> Model:
        """The model to search with, given all operations of one part; it may refuse what leads nowhere."""
        return self

    def groups(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        """Operations that a correct history can do without and stay correct, in groups; observers apart."""
        return []

    def states(self, before: Sequence[Operation], after: Sequence[Operation]) -> list[Any]:
        """All states that operations on one part can have left for others; nothing if they cannot be listed.

        Of states that make no difference to the others, one is enough.
        """
        return []

    def answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        """The answers that could have been given to the operation, as far as they can be listed."""
        return []

    def likely_answers(self, operation: Operation, operations: Sequence[Operation]) -> list[Any]:
        """The same without those that are easily seen to be wrong, given all operations until its return."""
        return self.answers(operation, operations)

    def check(self, operation: Operation) -> None:
        """Refuse, in a sentence, an operation that the model does not serve."""
        if operation.operation not in self.operations:
            known = ", ".join(self.operations)
            raise ValueError(
                f"{type(self).__name__} does not know the operation {operation.operation!r} of client "
                f"{operation.client}; it knows {known}"
            )

    def describe(self, operation: Operation) -> str:
        """What the client did, in words of the past: "wrote x = 1"."""
        asked = "" if operation.value is None else f" {shown(operation.value)}"
        told = "" if operation.result is None else f" and was told {shown(operation.result)}"
        return f"called {operation.operation}{asked} on {self.object_name(operation)}{told}"

    def object_name(self, operation: Operation) -> str:
        """How the object is called in a sentence."""
        return f"the {self.noun}" if operation.key is None else shown(operation.key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
