"""Light fills on which text can be read: the colours of curves, thinned, with the hatches that go along."""

from __future__ import annotations

from typing import NamedTuple

from .style import CURVES

__all__ = ["TINTS", "Tint"]


class Tint(NamedTuple):
    """What the parts of one kind look like."""

    face: str
    edge: str
    hatch: str


_FACES = ("#CFE6F5", "#FBE3D2", "#D5EFE5", "#F3DDEA", "#FCEFCB", "#DDF0FA", "#E3E3E3", "#F2F2F2")

TINTS = tuple(Tint(face, look.color, look.hatch) for face, look in zip(_FACES, CURVES, strict=True))
"""The looks of the first, second, ... kind; after the last it begins again."""
