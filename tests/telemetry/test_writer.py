"""The writer: batches by COPY, bounded memory, every row written once or counted as lost."""

from __future__ import annotations

import os
import threading
import time
import warnings
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from pydb import db as database
from pydb.errors import UsageError
from pydb.telemetry import Writer, collector
from tests.faults.proxy import Loss, Proxy
from tests.telemetry.conftest import exact, ordinary, wait

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connect, Connection
    from tests.telemetry.conftest import MakeWriter, Read

COUNT = "select count(*)::int from app.request_telemetry"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_all_kinds_of_rows_are_written(make_writer: MakeWriter, read: Read) -> None:
    writer = make_writer(service="shop", slow=0.5)
    writer.request(
        method="get", path="/o/7", route="/o/{id}", status=200, duration=0.25, user=7, traceparent=TRACE
    )
    writer.request(method="BREW", path="/pot", status=503, duration=-1)
    writer.audit(
        "order deleted", actor="ann", resource="/o/7", status=204, privileged=True, detail="by phone"
    )
    with writer.running("report", 1), pytest.raises(KeyError), writer.running("mail", "2"):
        raise KeyError("no address")
    writer.job("report", 3, "queued", traceparent=TRACE)
    assert writer.flush()
    assert read('select * from (table app.request_telemetry) as r order by "url.path"') != []
    assert read(
        'select "service.name", "http.request.method", "http.route", "url.path", "http.response.status_code",'
        ' "error.type", "http.server.request.duration", "user.id", trace_id, parent_span_id, sample_rate'
        " from app.request_telemetry order by 4"
    ) == [
        ("shop", "GET", "/o/{id}", "/o/7", 200, None, 0.25, "7", TRACE[3:35], TRACE[36:52], 1.0),
        ("shop", "_OTHER", None, "/pot", 503, "503", 0.0, None, None, None, 1.0),
    ]
    assert read("select actor, action, resource, status, detail from app.privileged_mutation") == [
        ("ann", "order deleted", "/o/7", 204, "by phone")
    ]
    assert read(
        'select job_name, job_id, state, "error.type", error from app.job_telemetry order by 1, 2, 3'
    ) == [
        ("mail", "2", "failed", "KeyError", "'no address'"),
        ("mail", "2", "running", None, None),
        ("report", "1", "completed", None, None),
        ("report", "1", "running", None, None),
        ("report", "3", "queued", None, None),
    ]
    assert read("select job_id from app.failed_job where duration >= 0") == [("2",)]
    with pytest.raises(UsageError, match="no state of a job"):
        writer.job("report", 3, "done")
    exact(writer)


@pytest.mark.parametrize(
    "header",
    [
        None, "", TRACE.upper(), TRACE + "-more", "ff" + TRACE[2:], TRACE[:-1], "00-" + "0" * 32 + TRACE[35:],
        TRACE[:36] + "0" * 16 + "-01", TRACE.replace("7", "g"), " " + TRACE, TRACE + "\n", "é",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_none(header: str | None) -> None:
    from pydb.telemetry import rows

    assert rows.trace(header) == (None, None)
    assert rows.trace("01" + TRACE[2:] + "-more") == (TRACE[3:35], TRACE[36:52])


def test_texts_that_no_database_takes_are_written_all_the_same(writer: Writer, read: Read) -> None:
    paths = [
        "/nul\0byte",
        "/half\udcffpair",
        "/" + "x" * 100_000,
        "/tab\tline\nback\\slash\\.",
        "/" + "\U0001f600" * 2000,
    ]
    for path in paths:
        ordinary(writer, path=path, route=path, user=path)
    writer.job("j\0", "\ud800", "failed", error="\0" * 5000)
    writer.audit("\0", resource="\0", detail="\udcff")
    assert writer.flush()
    found = [
        str(path)
        for (path,) in read('select "url.path" from app.request_telemetry order by recorded_at, "url.path"')
    ]
    assert sorted(found) == sorted(
        ["/nul\ufffdbyte", "/half?pair", "/" + "x" * 998 + "…", paths[3], "/" + "\U0001f600" * 998 + "…"]
    )
    assert writer.counts().dropped == {}


def test_a_row_that_is_refused_takes_no_other_with_it(writer: Writer, read: Read) -> None:
    for number in range(40):
        ordinary(writer, status=10**12 if number in {3, 17, 39} else 200)
    for duration in ("inf", "nan", "-1"):
        ordinary(writer, duration=float(duration))
    assert writer.flush()
    assert read(COUNT) == [(40,)]
    assert read('select min("http.server.request.duration") from app.request_telemetry') == [(0.0,)]
    counts = writer.counts()
    assert (counts.written, counts.dropped, counts.trouble) == (40, {"refused": 3}, None)
    exact(writer)


def test_what_finds_no_room_is_dropped_and_counted_while_the_database_is_away(
    make_writer: MakeWriter, dsn: str, read: Read
) -> None:
    gone = make_conninfo(dsn, host="/nowhere")
    where = [gone]
    writer = make_writer(connect=lambda: database.connect(where[0]), capacity=500, batch=100)
    threads = [threading.Thread(target=ordinary, args=(writer, 1000)) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 10  # nobody waited
    wait(lambda: writer.counts().trouble is not None)
    counts = writer.counts()
    assert (counts.taken, counts.waiting, counts.dropped) == (4000, 500, {"full": 3500})
    assert not writer.flush(0.05)
    exact(writer)
    where[0] = dsn
    assert writer.flush()
    counts = writer.counts()
    assert (counts.written, counts.waiting, counts.trouble) == (500, 0, None)
    assert read(COUNT) == [(500,)]
    # rows keep the time that they were recorded at, not that of the batch
    assert read("select max(recorded_at) <= clock_timestamp() from app.request_telemetry") == [(True,)]


def test_a_session_that_is_ended_in_between_loses_nothing(writer: Writer, read: Read) -> None:
    total = 0
    for number in (1, 2, 3):
        ordinary(writer, number)
        assert writer.flush()
        total += number
        assert read(
            "select count(pg_terminate_backend(pid, 5000))::int from pg_stat_activity"
            " where application_name = 'pydb telemetry' and datname = current_database()"
        ) == [(1,)]
    assert read(COUNT) == [(total,)]
    assert writer.counts().dropped == {}


@pytest.mark.parametrize("lose", ["request", "answer"])
@pytest.mark.parametrize("word", ["COMMIT", "copy"])
def test_a_connection_that_breaks_in_a_batch_loses_and_doubles_nothing(
    make_writer: MakeWriter, dsn: str, read: Read, lose: Loss, word: str
) -> None:
    if (word, lose) == ("copy", "answer"):
        word = "telemetry_run"  # the server answers a COPY before it has the rows
    with Proxy(dsn) as proxy:
        writer = make_writer(proxy.dsn, batch=50)
        proxy.cut(word, lose=lose)
        ordinary(writer, 120)
        assert writer.flush()
        assert proxy.cuts == 1
        writer.close()
    assert read(COUNT) == [(120,)]
    assert writer.counts().written == 120
    exact(writer)


def test_a_table_that_is_locked_holds_nobody_up(writer: Writer, connect: Connect, read: Read) -> None:
    ordinary(writer)
    assert writer.flush()
    other = connect(autocommit=False)
    other.execute("lock table app.request_telemetry in access exclusive mode")
    began = time.monotonic()
    ordinary(writer, 50)
    assert time.monotonic() - began < 30  # the lock would keep it for ever
    assert not writer.flush(0.1)
    assert writer.counts().waiting == 50
    other.rollback()
    assert writer.flush()
    assert read(COUNT) == [(51,)]
    other.execute("lock table app.request_telemetry in access exclusive mode")
    ordinary(writer, 50)
    assert not writer.close(0.3)  # and the end of a process comes in time too
    other.rollback()
    ordinary(writer, 7)
    lost = writer.counts().dropped
    assert (sum(lost.values()), lost["closed"], writer.counts().waiting) == (57, 7, 0)
    exact(writer)


def test_no_right_and_no_table_are_trouble_and_no_loss(
    make_writer: MakeWriter, db: Connection, read: Read
) -> None:
    writer = make_writer()
    db.execute("alter table app.request_telemetry rename to elsewhere")
    ordinary(writer, 3)
    wait(lambda: writer.counts().trouble is not None)
    assert writer.counts().waiting == 3
    db.execute("alter table app.elsewhere rename to request_telemetry")
    assert writer.flush()
    assert read(COUNT) == [(3,)]


def test_a_role_that_may_only_insert_is_enough(
    make_writer: MakeWriter, db: Connection, role: object, dsn: str, read: Read
) -> None:
    name = role("app")  # type: ignore[operator]
    db.execute(
        f"grant usage on schema app to {name}; grant insert on all tables in schema app to {name}".encode()
    )
    writer = make_writer(make_conninfo(dsn, user=name))
    ordinary(writer, 3)
    assert writer.flush()
    assert writer.counts().trouble is None
    assert read(COUNT) == [(3,)]


def test_the_owner_of_the_tables_has_partitions_made(
    make_writer: MakeWriter, db: Connection, read: Read
) -> None:
    db.execute("select pydb.setting_set('telemetry_ahead', '20 days')")
    writer = make_writer()
    ordinary(writer)
    assert writer.flush()
    assert read(
        "select measured > 86400 * 19 from pydb.telemetry_status() where baseline = 'partitions'"
    ) == [(True,)]


def test_a_child_of_a_fork_begins_with_nothing_and_writes_its_own(
    make_writer: MakeWriter, read: Read, tmp_path: Path
) -> None:
    writer = make_writer(every=60.0)
    ordinary(writer)
    assert writer.flush()  # thread and connection are there
    ordinary(writer, 10)  # the parent's, in memory
    pids = []
    for child in range(3):
        with warnings.catch_warnings():
            # newer ones warn of a fork beside threads, which is what a server does that forks after loading
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            code = 1
            try:
                ordinary(writer, 5, user=f"child {child}")
                counts = writer.counts()
                is_own = (counts.taken, counts.waiting) == (5, 5)
                code = 0 if writer.close() and is_own else 2
            finally:
                os._exit(code)
        pids.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0, 0, 0]
    assert writer.flush()
    assert read('select "user.id", count(*)::int from app.request_telemetry group by 1 order by 1') == [
        ("child 0", 5), ("child 1", 5), ("child 2", 5), (None, 11),
    ]  # fmt: skip
    assert writer.counts().written == 11


def test_the_end_of_a_process_writes_what_there_is(dsn: str, read: Read, tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.servers import ROOT

    program = (
        "import sys\nfrom pydb.telemetry import Writer\n"
        "writer = Writer(sys.argv[1], schema='app', every=60)\n"
        "for _ in range(30): writer.request(method='GET', path='/', status=200, duration=0.1)\n"
    )
    subprocess.run([sys.executable, "-c", program, dsn], check=True, cwd=ROOT, timeout=60)
    assert read(COUNT) == [(30,)]


def test_the_clock_of_the_application_has_no_say(
    writer: Writer, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 4e9)
    ordinary(writer, 3)
    assert writer.flush()
    assert read(
        "select bool_and(recorded_at between now() - interval '1 min' and clock_timestamp())"
        " from app.request_telemetry"
    ) == [(True,)]
    assert read("select count(*)::int from app.request_telemetry_default") == [(0,)]


def test_the_environment_says_schema_service_rate_and_what_is_slow(
    make_writer: MakeWriter, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_writer()
    monkeypatch.setenv("PYDB_TELEMETRY_RATE", "0.25")
    monkeypatch.setenv("PYDB_TELEMETRY_SLOW", "2")
    monkeypatch.setenv("PYDB_TELEMETRY_SCHEMA", "other")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    writer = Writer(dsn)
    assert (writer.rate, writer.slow, writer.schema, writer.service) == (0.25, 2.0, "other", "shop")
    for name in ("RATE", "SLOW"):
        for wrong in ("much", "-1", "nan", "inf", "1,5", "1e99", "0" if name == "RATE" else "-0.1"):
            with monkeypatch.context() as patched:
                patched.setenv(f"PYDB_TELEMETRY_{name}", wrong)
                with pytest.raises(UsageError, match=name):
                    Writer(dsn)
    for options in ({"rate": 0.0}, {"rate": 1.1}, {"batch": 0}, {"capacity": 5, "batch": 6}, {"every": 0}):
        with pytest.raises(UsageError):
            Writer(dsn, **options)
    writer.close()


def test_counts_are_metrics(make_writer: MakeWriter) -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    writer = make_writer(rate=0.5, every=60.0)
    ordinary(writer, 10)
    registry = CollectorRegistry()
    registry.register(collector(writer))
    text = generate_latest(registry).decode()
    assert 'pydb_telemetry_requests_total{kept="false"} 5.0' in text
    assert 'pydb_telemetry_dropped_total{reason="full"} 0.0' in text
    assert "pydb_telemetry_waiting 5.0" in text
    assert writer.flush()
    assert "pydb_telemetry_written_total 5.0" in generate_latest(registry).decode()


def test_many_threads_lose_nothing(make_writer: MakeWriter, read: Read) -> None:
    writer = make_writer(batch=97, capacity=10_000)
    threads = [threading.Thread(target=ordinary, args=(writer, 500)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.close()
    assert read(COUNT) == [(4000,)]
    assert writer.counts().written == 4000
