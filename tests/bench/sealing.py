"""By hand: a thousand tamperings, and sixteen writers beside a sealer against sixteen without.

python -m tests.bench.sealing
python -m tests.bench.sealing rates
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Final

import psycopg

from tests import servers
from tests.core import tamper

if TYPE_CHECKING:
    from tests.servers import Database

WRITERS: Final = 16
SECONDS: Final = 6.0
CHAINED: Final = """
create table public.chain (id bigint generated always as identity primary key, row bigint, hash bytea);
create function chain_row() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(4711);
    insert into public.chain (row, hash)
    select new.id, sha256(coalesce((select c.hash from public.chain as c order by c.id desc limit 1), '')
        || pydb_internal.audit_digest(new));
    return null;
end $$;
create trigger chain_row after insert on pydb.audit_log for each row execute function chain_row();
"""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tail(dsn: str, until: float, ages: list[float]) -> None:
    """How old the oldest row is that is not sealed, again and again."""
    query = (
        "select coalesce(extract(epoch from clock_timestamp() - min(a.at)), 0)::float8"
        " from pydb.audit_log as a where a.id > (select to_id from pydb.audit_head)"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        while time.monotonic() < until:
            ages.append(float(str(connection.execute(query).fetchone()[0])))  # type: ignore[index]
            time.sleep(0.2)


def writers(database: Database, *, sealer: bool) -> tuple[float, float]:
    """Rows a second, and the age of the oldest row that was not sealed."""
    until = time.monotonic() + SECONDS
    ages: list[float] = [0.0]
    watch = threading.Thread(target=tail, args=(database.dsn, until, ages))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write("select pydb_internal.audit_add('act', 'subject', '{\"n\": 1}', 1);\n")
        script.flush()
        bench = subprocess.Popen(
            [
                str(database.server.bin_dir / "pgbench"),
                *(
                    "-n",
                    "-c",
                    str(WRITERS),
                    "-j",
                    "2",
                    "-T",
                    str(int(SECONDS)),
                    "-f",
                    script.name,
                    database.dsn,
                ),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if sealer:
            watch.start()
            with psycopg.connect(database.dsn, autocommit=True) as connection:
                connection.execute("call pydb.audit_seal_run(%s)", (f"{SECONDS} s",))
            watch.join()
        said, _ = bench.communicate()
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found is not None, said
    return float(found[1]), max(ages)


def rates() -> None:
    with servers.Servers() as all_servers:
        server = all_servers.get("pg15")
        rates: dict[str, list[float]] = {"bare": [], "sealed": [], "chained": []}
        for _ in range(3):
            for name, rate in rates.items():
                with server.database(migrated=True) as database:
                    with psycopg.connect(database.dsn, autocommit=True) as connection:
                        if name == "chained":
                            connection.execute(CHAINED.encode())
                    each, age = writers(database, sealer=name == "sealed")
                    rate.append(each)
                    with psycopg.connect(database.dsn, autocommit=True) as connection:
                        connection.execute("call pydb.audit_seal_run()")
                        alarms = connection.execute("select finding from pydb.audit_verify()").fetchall()
                say(f"{name}: {each:.0f} rows/s, unsealed for {age:.1f} s, {len(alarms)} false alarms")
        middle = {name: sorted(rate)[1] for name, rate in rates.items()}
        say(str({name: round(rate / middle["bare"], 2) for name, rate in middle.items()}))


def tamperings(count: int) -> int:
    with servers.Servers() as all_servers:
        server = all_servers.get("pg15")
        with server.database(migrated=True) as database, psycopg.connect(database.dsn, autocommit=True) as db:
            tamper.fill(db)
            head = db.execute(
                "select format('%s:%s', block, encode(hash, 'hex')) from pydb.audit_head"
            ).fetchone()
            missed = tamper.tamper(db, random.Random(1), count, [str(head[0])])  # type: ignore[index] # noqa: S311
            say("\n".join([f"{count} tamperings, {len(missed)} not found", *missed]))
            return len(missed)


if __name__ == "__main__":
    if "rates" in sys.argv:
        rates()
    else:
        sys.exit(tamperings(1000))
