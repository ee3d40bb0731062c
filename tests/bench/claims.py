"""Idempotency claims against what people write by hand, with pgbench -M prepared and in autocommit.

Every figure is measured on a server of its own whose data lies on a disk and whose commits are flushed, as in
production: that is what a claim and a completion cost. All sides begin with tables of the same size, right
after a checkpoint, and nothing runs beside them. In memory, where a commit costs nothing, the calls of the
routines themselves show; that figure is reported without a limit of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import embedded
from tests import servers
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.arena import Connection

SETTINGS: Final[dict[str, str | int | bool]] = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum": False,
}
DATABASE: Final = "claims"
ROOT: Final = Path(__file__).parents[2]
HAND: Final = """
create table hand_written (
    scope text collate "C" not null, key text collate "C" not null, state text not null default 'pending',
    fingerprint bytea, result jsonb, code integer, created_at timestamptz not null default now(),
    expires_at timestamptz not null, finished_at timestamptz, primary key (scope, key)
) with (fillfactor = 50);
create index hand_written_expires_at_idx on hand_written (expires_at);
create table hand_keys (like pydb.idempotency_key including all);
"""
# the same two statements and nothing else, in functions: what any interface of functions costs at least
WRAPPED: Final = """
create function wrapped_claim(
    p_scope text, p_key text, p_fingerprint bytea, p_lease interval, out outcome text, out token bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into public.hand_written (scope, key, fingerprint, expires_at)
    values (p_scope, p_key, p_fingerprint, now() + interval '1 day') on conflict (scope, key) do nothing;
    outcome := 'acquired';
end
$$;
create function wrapped_complete(p_scope text, p_key text, p_result jsonb, p_code integer, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.hand_written set state = 'completed', result = p_result, code = p_code, finished_at = now()
    where scope = p_scope and key = p_key and state = 'pending';
    outcome := 'ok';
end
$$;
create function wrapped_look(p_scope text, p_key text) returns pydb.idempotency_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_answer pydb.idempotency_answer;
begin
    select 'replay', null::bigint, null::integer, h.code, h.result, null::jsonb, null::interval, null::text,
        h.finished_at, null::timestamptz, null::timestamptz
    into v_answer
    from public.hand_written as h where h.scope = p_scope and h.key = p_key and h.state = 'completed';
    return v_answer;
end
$$
"""
# columns, indexes, tokens and times as pydb's, and a look whether it worked: what a careful author writes
FENCED: Final = """
create function fenced_claim(
    p_scope text, p_key text, p_fingerprint bytea, p_lease interval, out outcome text, out token bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    token := nextval('pydb.idempotency_token') << 20 | (random() * 1048575)::bigint;
    insert into public.hand_keys (
        token, claimed_at, lease_until, expires_at, hold, scope, key, fingerprint
    )
    values (
        fenced_claim.token, v_now, v_now + p_lease, v_now + interval '1 day', false, p_scope, p_key,
        p_fingerprint
    )
    on conflict (scope, key) do nothing;
    if found then
        outcome := 'acquired';
    end if;
end
$$;
create function fenced_complete(
    p_scope text, p_key text, p_token bigint, p_result jsonb, p_code integer, out outcome text
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.hand_keys
    set state = 'completed', result = p_result, code = p_code, error = null, finished_at = clock_timestamp()
    where scope = p_scope and key = p_key and token = p_token and state = 'pending';
    if found then
        outcome := 'ok';
    end if;
end
$$
"""
HASH: Final = r"'\x9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'"
RESULT: Final = """'{"tune_id": 4711, "state": "queued"}'"""
PAIR_BY_HAND: Final = f"""\\set k random(1, 9000000000000000)
insert into hand_written (scope, key, fingerprint, expires_at)
values ('tune', :k::text, {HASH}, now() + interval '1 day') on conflict (scope, key) do nothing returning key;
update hand_written set state = 'completed', result = {RESULT}, code = 200, finished_at = now()
where scope = 'tune' and key = :k::text and state = 'pending' returning key;
"""
PAIR_WRAPPED: Final = f"""\\set k random(1, 9000000000000000)
select outcome, token from wrapped_claim('tune', :k::text, {HASH}, '30 s');
select outcome from wrapped_complete('tune', :k::text, {RESULT}, 200);
"""
PAIR_FENCED: Final = f"""\\set k random(1, 9000000000000000)
select outcome, token from fenced_claim('tune', :k::text, {HASH}, '30 s') \\gset
select outcome from fenced_complete('tune', :k::text, :token, {RESULT}, 200);
"""
PAIR: Final = f"""\\set k random(1, 9000000000000000)
select outcome, token from pydb.idempotency_claim('tune', :k::text, {HASH}, '30 s') \\gset
select outcome from pydb.idempotency_complete('tune', :k::text, :token, {RESULT}, 200);
"""
KEYS: Final = 100_000
REPLAY: Final = f"""\\set k random(1, {KEYS})
select * from pydb.idempotency_claim('replay', :k::text, {HASH}, '30 s');
"""
LOOK_UP: Final = f"""\\set k random(1, {KEYS})
select * from pydb.idempotency_key where scope = 'replay' and key = :k::text;
"""
# a replay by hand, in a function
REPLAY_WRAPPED: Final = f"""\\set k random(1, {KEYS})
select * from wrapped_look('replay', :k::text);
"""
CLAIM: Final = f"""\\set k random(1, 9000000000000000)
select outcome, token from pydb.idempotency_claim('beside', :k::text, {HASH}, '30 s');
"""
# finished and still live, or expired an hour ago
FILL: Final = """
insert into pydb.idempotency_key as k (
    token, claimed_at, lease_until, expires_at, finished_at, code, state, hold, scope, key, fingerprint,
    result
)
select
    nextval('pydb.idempotency_token'), now() - interval '1 day', now() - interval '1 day',
    now() + %(life)s::interval,
    now() - interval '1 day', 200, 'completed', false, %(scope)s, i::text,
    decode('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'hex'), '{"tune_id": 4711}'
from generate_series(1, %(keys)s) as i
"""
FILL_BY_HAND: Final = """
insert into hand_written (scope, key, state, fingerprint, result, code, expires_at, finished_at)
select k.scope, k.key, 'completed', k.fingerprint, k.result, k.code, k.expires_at, k.finished_at
from pydb.idempotency_key as k;
insert into hand_keys select k.* from pydb.idempotency_key as k
"""
LARGE_RESULT: Final = PAIR.replace(RESULT, "jsonb_build_object('body', repeat('x', 1000))")


INFORMATION: Final = " (for information)"


class Bank:
    """A server with pydb and the hand-written table in one database."""

    def __init__(self, server: str, *, in_memory: bool = False) -> None:
        self.server = embedded.Server(
            bin_dir=servers.bin_dir(server), settings=SETTINGS, in_memory=in_memory, timeout=120
        )

    @contextlib.contextmanager
    def open(self) -> Iterator[Connection]:
        """Start it; gives an autocommit connection to the database."""
        with self.server:
            with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
                connection.execute(f"create database {DATABASE}")
            servers.install(self.server.dsn(DATABASE))
            with psycopg.connect(self.server.dsn(DATABASE), autocommit=True) as connection:
                connection.execute(HAND)
                connection.execute(WRAPPED)
                connection.execute(FENCED)
                yield connection

    def begin(self, connection: Connection) -> None:
        """Put 100,000 finished keys into each table, and nothing else, and everything onto the disk."""
        connection.execute(
            "truncate hand_written, hand_keys, pydb.idempotency_key, pydb_internal.idempotency_held"
        )
        connection.execute(FILL, {"life": "1 day", "scope": "replay", "keys": KEYS})
        connection.execute(FILL_BY_HAND)
        connection.execute("vacuum (analyze) hand_written, hand_keys, pydb.idempotency_key")
        connection.execute("checkpoint")

    def bench(
        self, script: str, *, clients: int = 1, seconds: int = 2, rate: int | None = None
    ) -> list[float]:
        """Latencies in ms, sorted, of one script run by ``clients`` sessions, at most ``rate`` a second."""
        server = self.server
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "script.sql"
            file.write_text(script)
            log = ["-l", "--log-prefix", str(Path(folder) / "log")]
            limit = ["-R", str(rate)] if rate else []
            where = ["-h", server.host, "-p", str(server.port), "-U", server.user, DATABASE]
            load = ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds)]
            subprocess.run(
                [str(server.bin_dir / "pgbench"), "-nMprepared", f"-f{file}", *load, *limit, *log, *where],
                check=True, capture_output=True, cwd=folder, timeout=seconds + 60,
            )  # fmt: skip
            logs = [log.read_text() for log in Path(folder).glob("log*")]
        return sorted(int(line.split(" ", 3)[2]) / 1000 for log in logs for line in log.splitlines())


def figures(options: argparse.Namespace) -> list[Figure]:
    """All figures of the routines; the Python side is in :mod:`tests.bench.claimers`."""
    rounds = options.rounds
    bank = Bank(options.server)
    with bank.open() as connection:
        found = [figure for clients in (1, 8, 32) for figure in _pairs(bank, connection, clients, rounds)]
        found += _replays(bank, connection, rounds)
        found.append(_hot(bank, connection))
        found.append(_pruning(bank, connection, rounds))
    memory = Bank(options.server, in_memory=True)
    with memory.open() as connection:
        for figure in _pairs(memory, connection, 8, rounds):
            figure.name = figure.name.replace("pgbench", "pgbench in memory").removesuffix(INFORMATION)
            figure.name += INFORMATION
            figure.limit = 0.0
            found.append(figure)
    return found


def _pairs(bank: Bank, connection: Connection, clients: int, rounds: int) -> list[Figure]:
    """Claim + complete against the two statements by hand: bare, in functions, fenced; in the same rounds."""
    what = f"pgbench, {clients} clients: throughput"
    by_hand = f"/ INSERT … ON CONFLICT + UPDATE by hand{INFORMATION}"
    ours = Figure(
        f"claim + complete, {what} / the two statements in functions", 0.9, unit="ms", at_least=True
    )
    fenced = Figure(
        f"claim + complete, {what} / pydb's own INSERT and UPDATE in functions{INFORMATION}", 0.0, unit="ms",
        at_least=True,
    )  # fmt: skip
    bare = Figure(f"claim + complete, {what} {by_hand}", 0.0, unit="ms", at_least=True)
    floor = Figure(f"the two statements in functions, {what} {by_hand}", 0.0, unit="ms", at_least=True)
    for turn in range(2 * rounds + 2):
        took = _turn(bank, [PAIR, PAIR_WRAPPED, PAIR_FENCED, PAIR_BY_HAND], clients, turn, connection)
        if turn:
            for figure, script, reference in (
                (ours, PAIR, PAIR_WRAPPED),
                (fenced, PAIR, PAIR_FENCED),
                (bare, PAIR, PAIR_BY_HAND),
                (floor, PAIR_WRAPPED, PAIR_BY_HAND),
            ):
                figure.ours.append(took[script])
                figure.theirs.append(took[reference])
    return [ours, fenced, bare, floor]


def _turn(
    bank: Bank, scripts: list[str], clients: int, turn: int, connection: Connection | None = None
) -> dict[str, float]:
    """Mean latencies of the scripts; another goes first each turn. A connection: from the same beginning."""
    first = turn % len(scripts)
    took = {}
    for script in scripts[first:] + scripts[:first]:
        if connection is not None:
            bank.begin(connection)
        took[script] = _mean(bank.bench(script, clients=clients))
    return took


def _mean(latencies: list[float]) -> float:
    """With as many sessions as clients that never wait, throughput is their number over this."""
    return sum(latencies) / len(latencies)


def _replays(bank: Bank, connection: Connection, rounds: int) -> list[Figure]:
    bank.begin(connection)
    found = []
    for clients, limit in ((1, 1.3), (8, 1.6)):
        ours = Figure(f"replay, {clients} clients / SELECT by primary key", limit, unit="ms")
        floor = Figure(
            f"the SELECT in a function, {clients} clients / SELECT by primary key{INFORMATION}", 99, unit="ms"
        )
        for turn in range(2 * rounds + 2):
            took = _turn(bank, [REPLAY, REPLAY_WRAPPED, LOOK_UP], clients, turn)
            if turn:
                for figure, script in ((ours, REPLAY), (floor, REPLAY_WRAPPED)):
                    figure.ours.append(took[script])
                    figure.theirs.append(took[LOOK_UP])
        found += [ours, floor]
    connection.execute("checkpoint")
    before = _wal(connection)
    replays = len(bank.bench(REPLAY, clients=8))
    written = Figure(f"WAL of {replays:,} replays", 0.0, unit="bytes", ours=[_wal(connection) - before])
    return [*found, written]


def _wal(connection: Connection) -> float:
    """Bytes of WAL that sessions which took a transaction number have made the server write."""
    row = connection.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return float(str(row[0])) if row else 0.0


def _hot(bank: Bank, connection: Connection) -> Figure:
    figure = Figure("completions with 1 kB results that are HOT, 8 clients", 95.0, unit="%", at_least=True)
    query = (
        "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables"
        " where relid = 'pydb.idempotency_key'::regclass"
    )
    connection.execute("vacuum pydb.idempotency_key")
    first = connection.execute(query).fetchone() or (0, 0)
    bank.bench(LARGE_RESULT, clients=8, seconds=5)
    connection.execute("select pg_stat_force_next_flush()")
    last = connection.execute(query).fetchone() or (0, 0)
    updates, hot = (int(str(b)) - int(str(a)) for a, b in zip(first, last, strict=True))
    figure.ours.append(100.0 * hot / updates)
    return figure


def _pruning(bank: Bank, connection: Connection, rounds: int) -> Figure:
    figure = Figure("p99 of claims while a million expired keys are pruned / without", 1.25, unit="ms")
    bank.begin(connection)
    connection.execute(FILL, {"life": "-1 hour", "scope": "expired", "keys": 1_000_000})
    connection.execute("vacuum (analyze) pydb.idempotency_key")
    for _ in range(rounds):
        connection.execute("checkpoint")
        figure.theirs.append(p99(bank.bench(CLAIM, clients=2, seconds=15, rate=200)))
        connection.execute("checkpoint")
        with _prune(bank):
            figure.ours.append(p99(bank.bench(CLAIM, clients=2, seconds=15, rate=200)))
    return figure


@contextlib.contextmanager
def _prune(bank: Bank) -> Iterator[None]:
    """``pydb idempotency prune`` beside the block; what it has not reached then is left."""
    environment = {**os.environ, "PYDB_DSN": bank.server.dsn(DATABASE), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "pydb", "idempotency", "prune"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        with psycopg.connect(bank.server.dsn(DATABASE), autocommit=True) as connection:
            _until_it_prunes(connection)
        yield
        if process.poll() is not None:
            raise AssertionError("all keys were pruned before the measurement ended")
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _until_it_prunes(connection: Connection) -> None:
    query = "select from pg_stat_activity where query like '%idempotency_prune%' and pid <> pg_backend_pid()"
    deadline = time.monotonic() + 30
    while connection.execute(query).fetchone() is None:
        if time.monotonic() > deadline:
            raise AssertionError("the command has not begun to prune")
        time.sleep(0.05)


def p99(latencies: list[float]) -> float:
    """The 99th percentile of sorted latencies."""
    return latencies[int(len(latencies) * 0.99)]
