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

What was sent stays as it was:

>>> Vote(3).term = 4  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
distlab.sim.errors.ContractError: Vote(term=3, granted=True) cannot be changed: ...

Why not a frozen dataclass: messages are built once per send, and a frozen dataclass pays for
``object.__setattr__`` on every field. The generated initialiser below stores through the slot descriptors,
which a later assignment cannot reach. A message without fields is one shared object.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar, TypeVar, dataclass_transform

from .errors import ContractError
from .shown import shown

__all__ = ["Message", "handler_name", "message"]

_SCALARS = {"int", "float", "str", "bool", "bytes", "None", "complex"}
_TAKEN = {"self", "replace"}  # names that a field cannot have
_GENERATED = ("__init__", "__new__", "__post_init__", "__setattr__", "__slots__")
_HOOKS = (
    "on_start",
    "on_recover",
)  # what a node does by itself, so no message can be handled under these names


class Message:
    """The base of all messages; made by :func:`message`, not by hand.

    >>> @message
    ... class Ping:
    ...     number: int
    >>> isinstance(Ping(1), Message)
    True
    """

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _fragile: ClassVar[bool] = False  # may a field hold something that can be changed in place?

    def __setattr__(self, name: str, value: object) -> None:
        kind = type(self).__name__
        if name not in self._fields:
            raise ContractError(f"{kind} has no field {name!r}; its fields are: {_listed(self._fields)}.")
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
        return self is other or self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.__class__.__qualname__, *self._values()))

    def __repr__(self) -> str:
        pairs = zip(self._fields, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join([f'{name}={shown(value)}' for name, value in pairs])})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()

    def __copy__(self) -> Message:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Message:
        return self

    def replace(self, **changes: Any) -> Any:
        """A new message of the same kind with some fields changed.

        Parameters
        ----------
        changes
            Field name = new value.

        Raises
        ------
        ContractError
            If the message has no such field.

        Examples
        --------
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
                f"{type(self).__name__} has no field {unknown[0]!r}; its fields are: {_listed(self._fields)}."
            )
        return type(self)(**{**values, **changes})


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


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
        The same class with slots, a generated initialiser, equality, hash and repr. Instances cannot be
        changed.

    Raises
    ------
    ContractError
        If a field without a default follows one with a default, a default can be changed in place, the class
        or a field has a name that means something else, or the class inherits from another message.

    Examples
    --------
    >>> @message
    ... class Victory:
    ...     leader: int
    >>> Victory(5)
    Victory(leader=5)
    """
    annotations = inspect.get_annotations(cls)
    fields = tuple(name for name, kind in annotations.items() if "ClassVar" not in str(kind))
    defaults = {name: cls.__dict__[name] for name in fields if name in cls.__dict__}
    _require_sound(cls, fields, defaults)
    namespace = {
        key: value
        for key, value in cls.__dict__.items()
        if key not in defaults and key not in ("__dict__", "__weakref__")
    }
    namespace["__qualname__"] = cls.__qualname__
    namespace["__slots__"] = fields
    namespace["__match_args__"] = fields
    namespace["_fields"] = fields
    namespace["_fragile"] = any(not _is_scalar(annotations[name]) for name in fields)
    built = type(cls.__name__, (Message,), namespace)
    if fields:
        _generate(built, fields, defaults)
    else:
        only: Any = object.__new__(built)

        def __new__(cls: type) -> Any:
            return only

        built.__new__ = __new__  # type: ignore[method-assign,assignment]
    return built


def _require_sound(cls: type, fields: tuple[str, ...], defaults: dict[str, Any]) -> None:
    name = cls.__name__
    if any(issubclass(base, Message) for base in cls.__bases__):
        raise ContractError(f"{name} inherits from another message; write its fields out instead.")
    if handler_name(cls) in _HOOKS:
        raise ContractError(
            f"a message cannot be called {name}, because {handler_name(cls)} is what a node does by itself; "
            f"choose another name."
        )
    written = [method for method in _GENERATED if method in cls.__dict__]
    if written:
        raise ContractError(f"{name}: @message writes {written[0]} itself; leave it out.")
    seen_default = ""
    for field in fields:
        if field in _TAKEN or field.startswith("_"):
            raise ContractError(f"{name}: a field cannot be called {field!r}; choose another name.")
        if field in defaults:
            seen_default = field
            _require_hashable(name, field, defaults[field])
        elif seen_default:
            raise ContractError(
                f"{name}: field {field!r} needs a default, because {seen_default!r} before it has one."
            )


def _require_hashable(name: str, field: str, default: object) -> None:
    try:
        hash(default)
    except TypeError:
        raise ContractError(
            f"{name}: the default of {field!r} is a {type(default).__name__}, "
            f"which all messages would share; use a tuple."
        ) from None


def _is_scalar(annotation: Any) -> bool:
    """Does the annotation promise a value that nobody can change in place?"""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if not isinstance(annotation, str | type):
        text = str(annotation)
    return all(part.strip() in _SCALARS for part in text.split("|"))


def _generate(built: type, fields: tuple[str, ...], defaults: dict[str, Any]) -> None:
    """``__init__(self, a, b=...)``, which stores through the slot descriptors, and ``_values(self)``."""
    scope: dict[str, Any] = {f"_set_{name}": built.__dict__[name].__set__ for name in fields}
    scope.update({f"_default_{name}": value for name, value in defaults.items()})
    parameters = ", ".join(name + (f"=_default_{name}" if name in defaults else "") for name in fields)
    body = "; ".join(f"_set_{name}(self, {name})" for name in fields)
    values = "".join(f"self.{name}, " for name in fields)
    # Field names are identifiers: they come from a class body.
    exec(f"def __init__(self, {parameters}): {body}\ndef _values(self): return ({values})", scope)
    for method in ("__init__", "_values"):
        scope[method].__qualname__ = f"{built.__qualname__}.{method}"
        scope[method].__module__ = built.__module__
        setattr(built, method, scope[method])
