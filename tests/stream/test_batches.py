"""Rows in batches: all of them, once, in order, whatever the way; what cannot be in order is refused."""

from __future__ import annotations

import asyncio
import itertools
import logging
import tracemalloc
from contextlib import aclosing
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import stream
from pydb.errors import DatabaseUnavailable, PydbError, UsageError
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect, Connection
    from tests.servers import Filling

ROWS = 1000
READING = "select id, kind, note from reading"


@pytest.fixture(scope="module")
def filling() -> Filling:
    def fill(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute(
                "create table reading (id bigint primary key, kind text not null, note text);"
                " insert into reading select i, chr(97 + i % 3), nullif(i % 10, 0)::text"
                f" from generate_series(1, {ROWS}) as i; analyze reading"
            )

    return fill


async def _all(source: str | None, *arguments: object, **options: object) -> list[stream.Batch]:
    return [batch async for batch in stream.abatches(source, *arguments, **options)]  # type: ignore[arg-type]


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest, dsn: str) -> Callable[..., list[stream.Batch]]:
    """All batches of a query, by either way of waiting."""

    def by_loop(*arguments: object, **options: object) -> list[stream.Batch]:
        return asyncio.run(_all(dsn, *arguments, **options))

    def by_thread(*arguments: object, **options: object) -> list[stream.Batch]:
        return list(stream.batches(dsn, *arguments, **options))  # type: ignore[arg-type]

    return by_loop if request.param == "async" else by_thread


def ids(found: list[stream.Batch]) -> list[object]:
    return [row[0] for batch in found for row in batch]


@pytest.mark.parametrize("size", [33, 500, 999, 1000, 1001])
@pytest.mark.parametrize("how", [{"binary": True}, {"key": "id"}, {"key": "id", "keyset": True}])
def test_all_rows_come_once_in_batches_of_that_size(
    read: Callable[..., list[stream.Batch]], size: int, how: dict[str, object]
) -> None:
    found = read(READING, size=size, **how)
    assert sorted(map(int, map(str, ids(found)))) == list(range(1, ROWS + 1))
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
    assert [batch.number for batch in found] == list(range(1, len(found) + 1))
    assert [batch.total for batch in found] == list(itertools.accumulate(map(len, found)))
    assert found[0].columns == ("id", "kind", "note")
    assert next(found[0].dicts())["kind"] in {"a", "b", "c"}
    if "key" in how:
        assert ids(found) == list(range(1, ROWS + 1))
        assert [batch.key for batch in found] == [batch.rows[-1][:1] for batch in found]
    else:
        assert {batch.key for batch in found} == {None}


@pytest.mark.parametrize("keyset", [False, True])
def test_a_reading_goes_on_from_the_key_of_any_batch(
    read: Callable[..., list[stream.Batch]], keyset: bool
) -> None:
    query = READING + " where kind <> %(kind)s and note like '%%'; -- of a and b"
    query = query.replace(";", "")  # a comment at the end, no line end
    key = ("kind", "id")
    whole = read(query, {"kind": "c"}, size=100, key=key, keyset=keyset)
    for done in (0, len(whole) // 2, len(whole) - 1):
        rest = read(query, {"kind": "c"}, size=70, key=key, after=whole[done].key, keyset=keyset)
        assert ids(whole[: done + 1]) + ids(rest) == ids(whole)
    assert {row[1] for batch in whole for row in batch} == {"a", "b"}


def test_a_per_cent_sign_is_one_without_parameters(read: Callable[..., list[stream.Batch]]) -> None:
    found = read(
        "select id, '100 %s'::text as \"of%s\" from reading where note like '%5';", key="id", after=500
    )
    assert ids(found) == list(range(505, 1000, 10))
    assert found[0].rows[0][1] == "100 %s"


def test_values_of_every_kind_go_on(read: Callable[..., list[stream.Batch]]) -> None:
    for expression in (
        "i", "i::numeric / 7", "i::float8 / 7",
        "i * interval '1 us' + '2025-01-01 10:10:10.123456Z'::timestamptz",
        "'2025-01-01'::date + i::int", "format($$O'%s %%\\$$, to_char(i, '000'))", "md5(i::text)::uuid",
        "'2025-01-01 10:10'::timestamp + i * interval '1 us'", "i * interval '1 s'", "int8send(i)",
        "('10.0.0.0'::inet + i)", "('e' || i) collate \"C\"",
    ):  # fmt: skip
        query = f"select {expression} as k, i from generate_series(1::bigint, 50) as i"
        found = read(query, size=9, key="k", keyset=True)
        assert sorted(row[1] for batch in found for row in batch) == list(range(1, 51)), expression  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("query", "options", "said"),
    [
        ("select i / 2 as k from generate_series(2, 41) i", {"size": 5}, "not unique"),
        ("select nullif(i, 7) as k from generate_series(1, 40) i", {"size": 10}, "is null"),
        ("select i as k from generate_series(1, 9) i", {"key": "id"}, "id does not exist"),
        ("select i as k, i as k from generate_series(1, 9) i", {}, "ambiguous"),
        ("select i as k from generate_series(1, 9) i", {"key": None}, "no key"),
        ("select i as k from generate_series(1, 9) i", {"after": (1, 2)}, "after has 2 values"),
        ("select i as k from generate_series(1, 9) i", {"after": (None,)}, "after has 1 values"),
        ("select i as k from generate_series(1, 9) i", {"size": 0}, "size is 0"),
    ],
)
def test_what_has_no_order_or_size_is_refused(
    read: Callable[..., list[stream.Batch]], query: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read(query, **{"key": "k", "keyset": True, **options})


def test_who_goes_on_with_a_cursor_is_told_of_rows_without_a_key(
    read: Callable[..., list[stream.Batch]],
) -> None:
    query = "select i % 3 as a, nullif(i, 7) as b from generate_series(1, 40) i"
    assert len(ids(read(query, key=("a", "b"), size=30))) == 40
    with pytest.raises(UsageError, match="is null"):
        read(query, key=("a", "b"), after=(0, 3))


def test_the_environment_says_how_large_batches_are(
    read: Callable[..., list[stream.Batch]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(read(READING)) == 1
    monkeypatch.setenv("PYDB_STREAM_BATCH_SIZE", "400")
    monkeypatch.setenv("PCA_TRAIN_BATCH_SIZE", "300")
    assert [len(batch) for batch in read(READING)] == [400, 400, 200]
    assert [len(batch) for batch in read(READING, size_variable="PCA_TRAIN_BATCH_SIZE")] == [
        300,
        300,
        300,
        100,
    ]
    assert [len(batch) for batch in read(READING, size=600)] == [600, 400]
    for wrong in ("many", "-1", "1000001", "1e3"):
        monkeypatch.setenv("PCA_TRAIN_BATCH_SIZE", wrong)
        with pytest.raises(UsageError, match="PCA_TRAIN_BATCH_SIZE is"):
            stream.batch_size(variable="PCA_TRAIN_BATCH_SIZE")


def test_what_was_read_is_logged_and_counted(
    read: Callable[..., list[stream.Batch]], caplog: pytest.LogCaptureFixture
) -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    caplog.set_level(logging.DEBUG, logger="pydb.stream")
    before = stream.totals().get("train")
    seen: list[int] = []
    read(READING, size=400, name="train", progress=lambda batch: seen.append(batch.total))
    assert seen == [400, 800, 1000]
    assert [record.getMessage() for record in caplog.records] == [
        "processed 1 batches (400 rows)",
        "processed 2 batches (800 rows)",
        "processed 3 batches (1000 rows)",
    ]
    with pytest.raises(PydbError):
        read("select 1 / (500 - id) from reading", size=100, name="train")
    now = stream.totals()["train"]
    assert now.failures - (before.failures if before else 0) == 1
    assert now.rows - (before.rows if before else 0) >= ROWS
    assert sum(now.buckets) == now.batches
    registry = CollectorRegistry()
    registry.register(stream.collector())
    text = generate_latest(registry).decode()
    assert f'pydb_stream_rows_total{{stream="train"}} {float(now.rows)}' in text
    assert f'pydb_stream_batch_seconds_count{{stream="train"}} {float(now.batches)}' in text


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("how", [{}, {"key": "id", "keyset": True}])
def test_a_loop_that_is_left_leaves_nothing_behind(
    connect: Connect, autocommit: bool, how: dict[str, object]
) -> None:
    conn = connect(autocommit=autocommit)
    found = stream.batches(conn, READING, size=10, **how)  # type: ignore[arg-type]
    assert len(next(found)) == 10
    found.close()
    if not autocommit:
        conn.rollback()
    assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert conn.execute("select count(*) from pg_cursors where name like 'pydb%'").fetchone() == (0,)


def test_an_asynchronous_loop_that_is_left_ends_its_connection(dsn: str, db: Connection) -> None:
    async def look() -> None:
        async with aclosing(stream.abatches(dsn, READING, size=10)) as found:
            async for _ in found:
                break

    asyncio.run(look())
    _wait(lambda: db.execute(OTHERS).fetchone() == (0,))


ENDED = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and application_name = 'pydb'"
)
OTHERS = (
    "select count(*)::int from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and backend_type = 'client backend'"
)


def _wait(holds: Callable[[], bool]) -> None:
    from time import monotonic, sleep

    end = monotonic() + servers.DEADLINE
    while not holds():
        assert monotonic() < end
        sleep(servers.PAUSE)


def test_rows_of_one_moment_with_a_cursor_and_of_now_with_a_keyset(dsn: str, db: Connection) -> None:
    for keyset, expected in ((False, ROWS), (True, ROWS + 1)):
        total = 0
        for batch in stream.batches(dsn, READING, size=300, key="id", keyset=keyset):
            if batch.number == 1:
                db.execute("insert into reading values (1000000, 'new')")
            total += len(batch)
        db.execute("delete from reading where id = 1000000")
        assert total == expected


@pytest.mark.parametrize("keyset", [False, True])
def test_a_connection_that_breaks_is_said_and_the_key_goes_on(dsn: str, db: Connection, keyset: bool) -> None:
    done: list[object] = []
    key = None

    def read() -> None:
        nonlocal key
        for batch in stream.batches(dsn, READING, size=300, key="id", keyset=keyset):
            done.extend(ids([batch]))
            key = batch.key
            db.execute(ENDED)

    with pytest.raises(DatabaseUnavailable):
        read()
    done += ids(list(stream.batches(dsn, READING, key="id", after=key, keyset=keyset)))
    assert done == list(range(1, ROWS + 1))


def test_memory_is_that_of_a_batch(dsn: str) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        query = "select i, i::text from generate_series(1, %s) as i"
        assert sum(map(len, stream.batches(dsn, query, (rows,), size=500))) == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1000)
    small = peak(2000)
    assert peak(100_000) < 1.1 * small


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYDB_STREAM_BATCH_SIZE", raising=False)
