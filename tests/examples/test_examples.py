"""Every example works as its README says, on a real server, and the rows are what it claims."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Protocol

import psycopg
import pytest
import yaml

from pydb import migrate
from tests.docs.pages import ROOT
from tests.docs.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection
    from tests.doors import Doors
    from tests.servers import TestServer

EXAMPLES = ROOT / "examples"


class Example(Protocol):
    """Follows an example's README in a copy of its folder; returns the reader and a connection."""

    def __call__(self, name: str, *, blocks: int) -> tuple[Reader, Connection]: ...


@pytest.fixture
def installed() -> bool:
    """Whether pydb is in the database already, so that to install it is done in a moment."""
    return True


@pytest.fixture
def example(tmp_path: Path, server: TestServer, doors: Doors, installed: bool) -> Iterator[Example]:
    """Readers with a database of their own."""
    with (
        server.database(migrated=installed) as database,
        psycopg.connect(database.dsn, autocommit=True) as connection,
    ):

        def follow(name: str, *, blocks: int) -> tuple[Reader, Connection]:
            # what somebody has left there who tried it is no part of it
            left = shutil.ignore_patterns("__pycache__", ".venv", "*.sock", "*.log")
            folder = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=left)
            reader = Reader(server, database.name, folder, doors.before(server))
            # a mistake in the marks must not make a test that runs nothing
            assert reader.follow(EXAMPLES / name / "README.md") >= blocks
            return reader, connection

        yield follow


def test_every_example_is_listed_and_tested() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert folders == {"alembic", "fastapi", "policies"}
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    assert all(f"]({name}/README.md)" in listed for name in folders)


@pytest.mark.parametrize("installed", [False])
def test_alembic_project(example: Example, installed: bool) -> None:
    reader, db = example("alembic", blocks=5)
    tables = "select count(*) from pg_class where relkind = 'r' and relnamespace = to_regnamespace('shop')"
    assert db.execute("select name from pydb.retention_policy where not builtin").fetchall() == [("visits",)]
    revision = db.execute("select version_num from pydb.alembic_version").fetchall()

    # each goes back without the other
    reader.type("alembic downgrade base")
    assert db.execute(tables).fetchone() == (0,)
    assert db.execute("select version_num from public.alembic_version").fetchall() == []
    assert db.execute("select version_num from pydb.alembic_version").fetchall() == revision
    assert db.execute("select count(*) from pydb.entity").fetchone() == (0,)
    assert db.execute("select count(*) from pydb.reference").fetchone() == (0,)

    # the next deployment makes the tables anew, and the policy acts on the new one
    reader.type("alembic upgrade head && pydb policy apply policies.toml")
    assert db.execute(
        "select name, target = 'shop.visit'::regclass from pydb.retention_policy where not builtin"
    ).fetchall() == [("visits", True)]
    migrate.down(db.info.dsn, "base", destroy=True)
    assert db.execute(tables).fetchone() == (3,)
    assert db.execute("select version_num from public.alembic_version").fetchall() == [("0002",)]
    assert db.execute("select to_regnamespace('pydb')").fetchone() == (None,)


def test_fastapi_application(example: Example) -> None:
    _, db = example("fastapi", blocks=3)
    # Ada is gone with all that was hers, Grace has what the policy left
    assert db.execute("select name from shop.customer").fetchall() == [("Grace",)]
    assert db.execute("select count(*) from shop.purchase").fetchone() == (0,)
    assert db.execute("select customer_id, count(*) from shop.visit group by 1").fetchall() == [(2, 22)]
    assert db.execute("select state, count(*) from pydb.idempotency_key group by 1").fetchall() == [
        ("completed", 4)
    ]


def test_policies_file_and_its_check_of_pull_requests(example: Example, server: TestServer) -> None:
    reader, db = example("policies", blocks=5)
    listed = "select name, keep::text, enabled from pydb.retention_policy where not builtin order by name"
    assert db.execute(listed).fetchall() == [
        ("debug_log", "7 days", True),
        ("invoice", "7 years", False),
        ("log", "30 days", True),
        ("session", "1 day", True),
    ]
    reader.type("pydb retention run --yes")
    runs = db.execute("select subject, state, rows_planned, rows_done from pydb.job_run order by subject")
    assert runs.fetchall() == [
        ("debug_log", "completed", 716, 716),
        ("log", "completed", 670, 670),
        ("session", "completed", 38, 38),
    ]
    counts = "select (select count(*) from app.request_log), (select count(*) from app.session)"
    assert db.execute(counts).fetchone() == (74, 62)

    with server.database(migrated=True) as another:
        reader.goes_to(another.name)
        _check_the_workflow(reader)


def _check_the_workflow(reader: Reader) -> None:
    """Type the lines of both jobs, in a repository with a branch that goes into another."""
    jobs = yaml.safe_load((EXAMPLES / "policies/workflow.yml").read_text("utf-8"))["jobs"]
    lines = {
        name: [step["run"] for step in job["steps"] if "run" in step and step["name"] != "install"]
        for name, job in jobs.items()
    }
    assert [len(found) for found in lines.values()] == [3, 1]
    summary = reader.folder / "summary"
    reader.environment |= {
        **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    reader.type(
        "git init -q -b main && git add policies.toml schema.sql && git commit -q -m main"
        " && git update-ref refs/remotes/origin/main main"
        ' && sed -i \'s/^keep = "30 days"/keep = "60 days"/\' policies.toml'
    )
    for line in lines["review"]:
        reader.type(line)
    assert summary.read_text("utf-8").splitlines()[1:3] == ["~ log (changed)", "    keep: 30 days → 60 days"]

    # the database has what the branch says, so main is another
    (drift,) = lines["drift"]
    assert reader.type(drift) == "would be: 0 added, 0 changed, 0 unchanged, 0 removed\n"
    reader.type("git checkout -q policies.toml")
    done = subprocess.run(
        ["sh", "-c", drift], cwd=reader.folder, env=reader.environment, capture_output=True, check=False
    )
    assert done.returncode == 1
