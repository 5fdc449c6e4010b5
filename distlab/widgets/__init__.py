"""Panels to play with: controls around a function that draws.

explorer.py    labelled controls, a picture, and errors as sentences
"""

from .explorer import explorer, png

__all__ = ["explorer", "png"]
