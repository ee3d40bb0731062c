"""For any schema: what pydb plans and deletes is what PostgreSQL itself deletes, row by row, or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, event, given, settings

from tests.cascade.fixed import CASES
from tests.cascade.judge import Court
from tests.cascade.schemas import cases

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from tests.cascade.judge import Bench, Verdict
    from tests.cascade.shapes import Case

    Connection = psycopg.Connection[TupleRow]


# 40 schemas with the profile of every day, whose tests take 60 examples, and always the same ones;
# make fuzz draws thousands, and others each time
DAILY: Final = 60
EXAMPLES: Final = 40 * (settings.default.max_examples if settings.default else 0) // DAILY


@pytest.mark.timeout(600 + EXAMPLES)  # a failure takes minutes to shrink
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    derandomize=settings.default is not None and settings.default.max_examples <= DAILY,
)
@given(case=cases())
def test_a_cascade_is_postgresqls_own(bench: Bench, case: Case) -> None:
    with bench.schema(case.script) as db:
        court = Court(db, case.path, case.keys)
        _count("keys as they are", court.judge())
        _count("all delete", court.judge(court.all_delete()))
        if case.mixed:
            _count("some chosen", court.judge(case.mixed, lenient=True))


def test_a_plan_leaves_no_trace_and_locks_like_a_select(db: Connection) -> None:
    db.execute(CASES["E11 to a partitioned table"].script.encode())
    call = """select count(*) > 1 from pydb.cascade_plan('public.root', '[{"t": 1, "id": 1}]')"""
    for how in ("", "read only"):
        with db.transaction(force_rollback=True):
            db.execute(f"set transaction isolation level read committed {how}".encode())
            assert db.execute(call.encode()).fetchone() == (True,)
            locks = db.execute(
                """select locktype, relation::regclass, mode from pg_locks
                where pid = pg_backend_pid() and mode <> 'AccessShareLock' and locktype <> 'virtualxid'"""
            )
            assert locks.fetchall() == []
            assert db.execute("select pg_current_xact_id_if_assigned()").fetchone() == (None,)


def _count(name: str, verdict: Verdict) -> None:
    """Sum up what was seen, for ``--hypothesis-show-statistics``."""
    roots = sum(row.rows for row in verdict.plan if row.via is None)
    if verdict.refusal:
        end = "refused"
    elif sum(verdict.gone.values()) > roots:
        end = "children deleted"
    elif roots:
        end = "root rows only"
    else:
        end = "no such rows"
    event(f"{name}: {end}")
    if verdict.changed:
        event(f"{name}: rows updated")
    if verdict.order_dependent:
        event(f"{name}: depends on the order, {'as' if verdict.as_planned else 'not as'} planned")
