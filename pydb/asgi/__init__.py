"""Idempotency keys over HTTP: an ASGI middleware, for example of FastAPI and Starlette.

Install with ``pip install '.[asgi]'`` in the source tree of pydb; how to use it is in
``docs/idempotency-http.md``::

    pool = AsyncConnectionPool(dsn, open=False, kwargs={"autocommit": True})
    app.add_middleware(IdempotencyMiddleware, pool=pool, config=Config(client=tenant_of))
"""

from pydb.asgi.claim import SCOPE_KEY, Claim, Rendered
from pydb.asgi.config import Config, Decision, keep_final_answers, method_and_path
from pydb.asgi.middleware import IdempotencyMiddleware
from pydb.asgi.problem import PROBLEMS
from pydb.asgi.types import App, Message, Receive, Scope, Send

__all__ = [
    "PROBLEMS",
    "SCOPE_KEY",
    "App",
    "Claim",
    "Config",
    "Decision",
    "IdempotencyMiddleware",
    "Message",
    "Receive",
    "Rendered",
    "Scope",
    "Send",
    "keep_final_answers",
    "method_and_path",
]
