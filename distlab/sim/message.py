"""Messages: small immutable records.

``@message`` turns an annotated class into a record with typed fields, equality, hashing and a readable repr:

>>> @message
... class Vote:
...     term: int
...     granted: bool = True
>>> Vote(3)
Vote(term=3, granted=True)
>>> Vote(3) == Vote(term=3)
True
>>> Vote(3).term = 4
Traceback (most recent call last):
    ...
distlab.sim.errors.ContractError: Vote(term=3, granted=True) cannot be changed: what was sent stays as it was. Build a new Vote instead.

Why not a frozen dataclass: messages are built once per send, and a frozen dataclass pays for ``object.__setattr__``
on every field. The generated initialiser below stores through the slot descriptors, which a later assignment
cannot reach. A message without fields is one shared object.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, TypeVar, dataclass_transform

from .errors import ContractError

__all__ = ["Message", "handler_name", "message"]

_SCALARS = {"int", "float", "str", "bool", "bytes", "None", "complex"}


class Message:
    """The base of all messages; made by :func:`message`, not by hand."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _fragile: ClassVar[bool] = False  # may a field hold something that can be changed in place?

    def __setattr__(self, name: str, value: object) -> None:
        kind = type(self).__name__
        if name not in self._fields:
            fields = ", ".join(self._fields) or "none"
            raise ContractError(f"{kind} has no field {name!r}; its fields are: {fields}.")
        raise ContractError(
            f"{self!r} cannot be changed: what was sent stays as it was. Build a new {kind} instead."
        )

    def __delattr__(self, name: str) -> None:
        raise ContractError(f"{self!r} cannot be changed: what was sent stays as it was.")

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def __eq__(self, other: object) -> bool:
        if self.__class__ is not other.__class__:
            return NotImplemented
        return self is other or self._values() == other._values()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.__class__.__qualname__, *self._values()))

    def __repr__(self) -> str:
        inside = ", ".join(
            f"{name}={value!r}" for name, value in zip(self._fields, self._values(), strict=True)
        )
        return f"{type(self).__name__}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()

    def __copy__(self) -> Message:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Message:
        return self

    def replace(self, **changes: Any) -> Any:
        """A new message of the same kind with some fields changed.

        >>> @message
        ... class Ping:
        ...     number: int
        >>> Ping(1).replace(number=2)
        Ping(number=2)
        """
        values = dict(zip(self._fields, self._values(), strict=True))
        unknown = [name for name in changes if name not in values]
        if unknown:
            raise ContractError(
                f"{type(self).__name__} has no field {unknown[0]!r}; its fields are: {', '.join(values)}."
            )
        return type(self)(**{**values, **changes})


def handler_name(kind: type) -> str:
    """The method that handles a message class: ``RequestVote`` is handled by ``on_request_vote``.

    >>> class RequestVote: ...
    >>> handler_name(RequestVote)
    'on_request_vote'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__)
    return "on_" + words.lower()


C = TypeVar("C")


@dataclass_transform(frozen_default=True)
def message(cls: type[C]) -> type[C]:
    """Make a message class out of an annotated class.

    Parameters
    ----------
    cls
        A class with annotated fields, defaults allowed; methods and properties are kept.

    Returns
    -------
    type
        The same class with slots, a generated initialiser, equality, hash and repr. Instances cannot be changed.

    Raises
    ------
    ContractError
        If a field without a default follows one with a default, or a default can be changed in place.

    Examples
    --------
    >>> @message
    ... class Victory:
    ...     leader: int
    >>> Victory(5)
    Victory(leader=5)
    """
    annotations = dict(_annotations(cls))
    inherited = tuple(name for base in cls.__mro__[1:] for name in getattr(base, "_fields", ()))
    if inherited:
        raise ContractError(f"{cls.__name__} inherits from another message; write its fields out instead.")
    fields = tuple(name for name, kind in annotations.items() if "ClassVar" not in str(kind))
    defaults = {name: cls.__dict__[name] for name in fields if name in cls.__dict__}
    seen_default = ""
    for name in fields:
        if name in defaults:
            seen_default = name
            _require_hashable(cls, name, defaults[name])
        elif seen_default:
            raise ContractError(
                f"{cls.__name__}: field {name!r} needs a default, because {seen_default!r} before it has one."
            )
    namespace = {
        key: value
        for key, value in cls.__dict__.items()
        if key not in defaults and key not in ("__dict__", "__weakref__", "__slots__")
    }
    namespace["__slots__"] = fields
    namespace["__match_args__"] = fields
    namespace["_fields"] = fields
    namespace["_fragile"] = any(not _is_scalar(annotations[name]) for name in fields)
    built = type(cls.__name__, (Message,), namespace)
    if fields:
        built.__init__ = _initialiser(built, fields, defaults)  # type: ignore[misc]
    else:
        only = object.__new__(built)
        built.__new__ = staticmethod(lambda kind: only)  # type: ignore[method-assign,assignment]
    return built


def _annotations(cls: type) -> dict[str, Any]:
    import inspect

    return inspect.get_annotations(cls)


def _require_hashable(cls: type, name: str, default: object) -> None:
    try:
        hash(default)
    except TypeError:
        raise ContractError(
            f"{cls.__name__}: the default of {name!r} is a {type(default).__name__}, which all messages would share; use a tuple."
        ) from None


def _is_scalar(annotation: Any) -> bool:
    """Does the annotation promise a value that nobody can change in place?"""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if not isinstance(annotation, str | type):
        text = str(annotation)
    return all(part.strip() in _SCALARS for part in text.split("|"))


def _initialiser(built: type, fields: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """``def __init__(self, a, b=...)`` that stores through the slot descriptors."""
    scope: dict[str, Any] = {f"_set_{name}": built.__dict__[name].__set__ for name in fields}
    scope.update({f"_default_{name}": value for name, value in defaults.items()})
    parameters = ", ".join(name + (f"=_default_{name}" if name in defaults else "") for name in fields)
    body = "; ".join(f"_set_{name}(self, {name})" for name in fields)
    exec(
        f"def __init__(self, {parameters}): {body}", scope
    )  # field names are identifiers: they come from a class body
    function = scope["__init__"]
    function.__qualname__ = f"{built.__qualname__}.__init__"
    return function
