"""Panels to play with: controls around a function that draws, and a player that steps through a run.

explorer.py    labelled controls, a picture and a table, and errors as sentences
fault_table.py a schedule of faults, edited in a table
  fault_rows.py  faults as rows, rows as faults
player.py      the player: a run step by step, and its branches
  film.py      everything that the player shows, as plain data
  stage.py     runs a simulation step by step and notes what a trace does not keep
  source.py    what a player can be opened on
  lines.py     which lines of which methods run
  words.py     a step as a sentence
  compare.py   a run and its branch, in words
"""

from .explorer import explorer, png
from .fault_table import FaultTable
from .player import Player, player

__all__ = ["FaultTable", "Player", "explorer", "player", "png"]
