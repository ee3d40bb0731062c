"""D10: on a hot standby, and where transactions are read-only, a run does nothing and says so."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import embedded
from pydb.embedded.supervisor import Account
from tests.cli.conftest import Cli
from tests.faults.lab import EXPIRED
from tests.servers import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.lab import Lab
    from tests.servers import TestServer


@contextlib.contextmanager
def standby_of(server: TestServer) -> Iterator[embedded.Server]:
    """A streaming hot standby of the server."""
    account = Account.for_servers()
    shm = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(prefix="pydb-standby-", dir=shm if shm.is_dir() else None))
    try:
        account.own(place)
        data = place / "data"
        made = account.run(
            [
                str(server.bin_dir / "pg_basebackup"),
                *("-h", server.host, "-p", str(server.port), "-U", "postgres"),
                *("-D", str(data), "-X", "stream", "-c", "fast", "--no-sync", "-R"),
            ]
        )
        assert made.returncode == 0, made.stdout
        (data / "postmaster.pid").unlink(missing_ok=True)
        with embedded.Server(data, server.bin_dir, SETTINGS) as standby:
            yield standby
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def standby(mortal: TestServer, mortal_lab: Lab) -> Iterator[embedded.Server]:
    """A streaming hot standby of the mortal server, with the lab's table and policy on it."""
    mortal_lab.table()
    mortal_lab.policy()
    with standby_of(mortal) as server:
        yield server


def test_d10_hot_standby(standby: embedded.Server, mortal_lab: Lab, tmp_path: Path) -> None:
    dsn = standby.dsn(psycopg.conninfo.conninfo_to_dict(mortal_lab.dsn)["dbname"])  # type: ignore[arg-type]
    warnings: list[tuple[str | None, str | None]] = []
    with psycopg.connect(dsn, autocommit=True) as session:
        session.add_notice_handler(lambda diag: warnings.append((diag.severity, diag.sqlstate)))
        assert session.execute("select pg_is_in_recovery()").fetchone() == (True,)
        for policy in (None, "events"):
            warnings.clear()
            session.execute("call pydb.retention_run(%s)", (policy,))
            assert warnings == [("WARNING", "YD007")]
        assert session.execute("select rows from pydb.retention_plan('events')").fetchone() == (EXPIRED,)
        for refused in (
            "select pydb.retention_batch('events')",
            "select pydb.retention_pause()",
            "select pydb.retention_policy_drop('events')",
        ):
            with pytest.raises(psycopg.DatabaseError) as said:
                session.execute(refused.encode())
            assert said.value.sqlstate == "YD007"
    cli = Cli(dsn, tmp_path)
    assert cli("retention", "plan", "events").code == 0
    run = cli("retention", "run", "--yes")
    assert run.code == 1
    assert "standby" in run.err
    assert cli("retention", "log").code == 0
    assert mortal_lab.runs() == []
    assert mortal_lab.gone() == 0


@pytest.mark.parametrize("policy", [None, "events"])
def test_d10_read_only_by_default(lab: Lab, policy: str | None) -> None:
    lab.table()
    lab.policy()
    session = lab.session("-c default_transaction_read_only=on")
    run = lab.run(policy, session)
    run.succeeded()
    assert len(run.warnings) == 1
    assert lab.runs() == []
    assert lab.gone() == 0
    assert session.execute("select rows from pydb.retention_plan('events')").fetchone() == (EXPIRED,)
