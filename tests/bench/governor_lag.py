"""A run against a standby that replays at a known rate: its lag, and the speed of the run.

By hand, ten minutes and a little more: ``make soak of=governor``, or ``python -m tests.bench.governor_lag
[seconds]``. The standby is held to RATE by pausing its replay. Beside it, for a tenth of the time: batches
that go on while the lag is under the target and wait a second where it is not. Ends with 1 where the lag of
the governed run was under the target for less than 95 % of the time, or less than 80 % of what the standby
can replay was deleted.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import psycopg

from tests.faults.test_standby import standby_of
from tests.servers import TestServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Connection = psycopg.Connection[tuple[object, ...]]

RATE: Final = 1_500_000  # bytes of WAL a second
TARGET: Final = 8_000_000
WAL_OF_A_ROW: Final = 650
LEAST_UNDER: Final = 0.95
LEAST_USED: Final = 0.8
SETUP: Final = """
create schema app;
create table app.event (id bigint primary key, at timestamptz not null, filler text);
alter table app.event replica identity full;
insert into app.event
select i, now() - interval '60 days', repeat('x', 480) from generate_series(1, {rows}) as i;
create function app.slow() returns trigger language plpgsql as $$
begin
    perform md5(repeat(old.filler, 40));
    return old;
end $$;
create trigger slow before delete on app.event for each row execute function app.slow();
-- alone
vacuum analyze app.event;
-- alone
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1,
    p_batch_target => '50 ms', p_strategy => 'heap');
select pydb.governor_set('replication_lag', p_threshold => {target}, p_back_off => '500 ms');
"""
LAG: Final = """
select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, pg_wal_lsn_diff(replay_lsn, '0/0')::bigint
from pg_stat_replication where state = 'streaming' and replay_lsn is not null
"""


class Throttle(threading.Thread):
    """Lets the standby replay RATE bytes a second: what it does not use, it does not get later."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.session: Connection = psycopg.connect(dsn, autocommit=True)
        self.ended = threading.Event()

    def run(self) -> None:
        allowed, before = 0.0, time.monotonic()
        while not self.ended.wait(0.01):
            row = self.session.execute(
                "select pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::float8,"
                " pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::float8, pg_is_wal_replay_paused()"
            ).fetchone()
            assert row is not None
            replayed, received, paused = float(str(row[0])), float(str(row[1])), bool(row[2])
            now = time.monotonic()
            # half a second of credit at most, and none while there is nothing to replay
            allowed = allowed + RATE * (now - before) if allowed else replayed
            if replayed >= received:
                allowed = min(allowed, replayed + RATE * 0.05)
            allowed = min(allowed, replayed + RATE * 0.5)
            before = now
            if paused != (replayed > allowed):
                self.session.execute(f"select pg_wal_replay_{'resume' if paused else 'pause'}()".encode())


def say(told: object) -> None:
    sys.stdout.write(f"{told}\n")
    sys.stdout.flush()


def watched(dsn: str, act: Callable[[float], None], seconds: float) -> tuple[float, float, float]:
    """Share of the time under TARGET, share of RATE that was replayed, the highest lag."""
    lags: list[int] = []
    ends: list[int] = []
    thread = threading.Thread(target=act, args=(seconds,), daemon=True)
    with psycopg.connect(dsn, autocommit=True) as eyes:
        thread.start()
        start = time.monotonic()
        while thread.is_alive() and time.monotonic() < start + seconds:
            row = eyes.execute(LAG).fetchone()
            if row is not None:
                lags.append(int(row[0]) - int(row[1]))
                ends.append(int(row[1]))
            time.sleep(0.1)
        took = time.monotonic() - start
        thread.join(60)
    under = sum(lag <= TARGET for lag in lags) / len(lags)
    return under, (ends[-1] - ends[0]) / took / RATE, max(lags)


def main(seconds: float) -> int:
    rows = int(RATE / WAL_OF_A_ROW * seconds * 1.4) + 100_000
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(TestServer("pg15", {"wal_level": "logical"}))
        database = stack.enter_context(primary.database(migrated=True))
        with psycopg.connect(database.dsn, autocommit=True) as session:
            for part in SETUP.format(rows=rows, target=TARGET).split("-- alone\n"):
                session.execute(part.encode())
        standby = stack.enter_context(standby_of(primary))
        throttle = Throttle(standby.dsn())
        throttle.start()

        def switched(seconds: float) -> None:
            end = time.monotonic() + seconds
            with psycopg.connect(database.dsn, autocommit=True) as session:
                session.execute("select pydb.setting_set('governor', 'off')")
                while time.monotonic() < end:
                    row = session.execute(LAG).fetchone()
                    if row is None or int(row[0]) - int(row[1]) > TARGET:
                        time.sleep(1)
                    else:
                        session.execute("select * from pydb.retention_batch('events')")
                session.execute("select pydb.setting_set('governor', 'on')")

        def governed(seconds: float) -> None:
            with psycopg.connect(database.dsn, autocommit=True) as session:
                session.execute(
                    f"call pydb.retention_run('events', p_max_runtime => '{seconds:.0f} s')".encode()
                )

        for name, act, length in (("on and off", switched, seconds / 10), ("governor", governed, seconds)):
            under, used, most = watched(database.dsn, act, length)
            say(
                f"{name}: {length:.0f} s, lag under {TARGET / 1e6:.0f} MB {under:.1%} of the time (at most"
                f" {most / 1e6:.1f} MB), {used:.0%} of what the standby can replay"
            )
        throttle.ended.set()
        throttle.join(5)
        throttle.session.execute("select pg_wal_replay_resume()")
        throttle.session.close()
        with psycopg.connect(database.dsn) as session:
            say(session.execute("select state, stop_reason, rows_done, batches from pydb.job_run").fetchall())
        return 0 if under >= LEAST_UNDER and used >= LEAST_USED else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
