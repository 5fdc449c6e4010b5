"""The servers of the live labs, one file each.

postgresql.py          PostgreSQL
"""

from .postgresql import Postgres, postgres

__all__ = ["Postgres", "postgres"]
