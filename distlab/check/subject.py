"""What is checked: an algorithm, as something that makes fresh nodes for each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distlab.sim import ContractError, Node, cluster

from .watched import Unusable, story

__all__ = ["Subject"]


class Subject:
    """A node class, or a function number of nodes -> nodes; makes new nodes as often as needed.

    >>> Subject(Node).nodes(3).keys()
    dict_keys([1, 2, 3])
    """

    def __init__(self, algorithm: Any, arguments: Mapping[str, Any] | None = None) -> None:
        if isinstance(algorithm, Node):
            raise TypeError(
                f"give the class {type(algorithm).__name__}, not one node of it: a check builds nodes for "
                "each run."
            )
        if not callable(algorithm):
            raise TypeError(
                "an algorithm is a Node class, or a function from a number of nodes to nodes; got "
                f"{algorithm!r}."
            )
        if isinstance(algorithm, type) and not issubclass(algorithm, Node):
            raise TypeError(f"{algorithm.__name__} is not a Node: write class {algorithm.__name__}(Node).")
        self.algorithm = algorithm
        self.arguments = dict(arguments or {})

    def nodes(self, n: int) -> dict[Any, Node]:
        """Fresh nodes for one run; raises :class:`Unusable` if they cannot be built."""
        try:
            if isinstance(self.algorithm, type):
                return cluster(self.algorithm, n, **self.arguments)
            made = self.algorithm(n, **self.arguments)
        except ContractError as error:
            raise Unusable(str(error)) from error
        except Exception as error:
            raise Unusable(story(error, f"building {n} node{'s' if n != 1 else ''}")) from error
        if not isinstance(made, Mapping):
            try:
                made = dict(enumerate(made, start=1))
            except TypeError:
                made = {None: made}
        wrong = next((node for node in made.values() if not isinstance(node, Node)), None)
        if wrong is not None or not made:
            raise TypeError(
                f"{getattr(self.algorithm, '__name__', 'the function')} must make nodes, as a dict id -> "
                f"node or a list; it made {made!r}."
            )
        return dict(made)

    def classes(self, n: int) -> list[type[Node]]:
        """The node classes in a run of ``n`` nodes."""
        return list(dict.fromkeys(type(node) for node in self.nodes(n).values()))

    def name(self, n: int) -> str:
        """How a report calls it: the names of the classes."""
        if isinstance(self.algorithm, type):
            return self.algorithm.__name__
        return ", ".join(kind.__name__ for kind in self.classes(n))
