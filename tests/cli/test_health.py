"""pydb health and pydb metrics: exit codes, one line, the health document, the textfile."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.conftest import Connection


def test_one_line_with_figures_and_the_code_of_the_worst(cli: Cli, db: Connection) -> None:
    told = cli("health")
    assert told.code == 1
    assert re.fullmatch(
        r"PYDB WARNING - retention: there is no policy: nothing is pruned \| \S+=\S+( \S+=\S+)*\n", told.out
    )
    assert "policies=1 " in told.out
    assert cli("health", "idempotency,holds", "audit").code == 0
    db.execute("drop function pydb.help")
    assert cli("health").code == 2
    assert cli("health", "nonsense").code == 64


def test_people_get_a_table(cli: Cli) -> None:
    told = cli.on_terminal("health")
    assert "DEGRADED" in told.out
    assert "overall: degraded" in told.out
    assert cli.on_terminal("health", "--line").out.startswith("PYDB WARNING")


def test_the_document(cli: Cli) -> None:
    told = cli("health", "--json")
    document = told.document
    assert (document["document"], document["status"], document["state"]) == ("health", "warn", "degraded")
    checks = document["checks"]
    assert isinstance(checks, dict)
    (retention,) = checks["retention:status"]
    assert retention["status"] == "warn"
    assert retention["output"] == "there is no policy: nothing is pruned"
    (policies,) = checks["retention:policies"]
    assert policies["observedValue"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", policies["time"])


def test_without_a_database_it_is_unknown(bare_cli: Cli) -> None:
    told = bare_cli("health", "--dsn", "host=127.0.0.1 port=1 connect_timeout=2")
    assert told.code == 3
    assert told.out.startswith("PYDB UNKNOWN - database: ")
    told = bare_cli("health", "--json", "--dsn", "host=127.0.0.1 port=1 connect_timeout=2")
    assert told.code == 3
    assert str(told.document["output"]).startswith("unknown: ")


def test_metrics_and_the_textfile(cli: Cli, tmp_path: Path) -> None:
    told = cli("metrics")
    assert told.code == 0
    assert "lifecycle_up 1.0\n" in told.out
    assert cli("metrics", "--openmetrics").out.endswith("# EOF\n")
    target = tmp_path / "pydb.prom"
    target.write_text("old")
    done = cli("metrics", "--textfile", str(target))
    assert (done.code, done.out) == (0, "")
    assert "lifecycle_up 1.0\n" in target.read_text("utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["pydb.prom"]
    assert cli("metrics", "--textfile", str(tmp_path / "nowhere" / "x.prom")).code == 64


def test_metrics_that_are_missing_and_a_database_that_is(cli: Cli, db: Connection, tmp_path: Path) -> None:
    db.execute("drop view pydb.orphan_list cascade")
    told = cli("metrics")
    assert told.code == 1
    assert "missing: orphans" in told.err
    target = tmp_path / "pydb.prom"
    gone = cli("metrics", "--textfile", str(target), "--dsn", "host=127.0.0.1 port=1 connect_timeout=2")
    assert gone.code == 69
    assert "lifecycle_up 0.0\n" in target.read_text("utf-8")


def test_orphans_of_a_part(cli: Cli, db: Connection) -> None:
    db.execute("create table public.a (id int primary key)")
    db.execute("create table public.b (id int primary key, a_id int constraint b_a references public.a)")
    assert cli("orphans", "check", "b_a").code == 0
    db.execute("set session_replication_role = replica")
    db.execute("insert into public.b values (1, 7)")
    told = cli("orphans", "check", "b_a", "--filter", "id < 5", "--json")
    assert told.code == 1
    assert told.document["orphans"] == 1
    assert "1 orphaned row of public.b.b_a" in told.err
    assert cli("orphans", "check", "b_a", "--filter", "id in (select 1)").code == 64
