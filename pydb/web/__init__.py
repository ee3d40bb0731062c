"""``pydb serve``: pages, an admin API and probes over one database (``pip install '.[web]'``).

:func:`create_app` makes the ASGI application: uvicorn serves it, and it can be mounted in one of yours.
"""

from __future__ import annotations

from pydb.web.app import create_app
from pydb.web.settings import Settings

__all__ = ["Settings", "create_app"]
