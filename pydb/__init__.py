"""Data lifecycle for PostgreSQL, inside PostgreSQL: the thin Python layer over the routines of schema pydb.

``pydb.db`` connects and calls, one module a domain (``pydb.retention``, …) has one typed function a routine,
and ``pydb.errors`` holds the exceptions. Importing ``pydb`` itself imports nothing else.
"""

__version__ = "0.1.0"
