"""Scans and cascade jobs by pg_cron, as a role whose defaults are all against it, on a schema of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydb import db, schedule
from tests.lint.roles import ROLES_FILE
from tests.schedule.conftest import make_site

if TYPE_CHECKING:
    from tests.conftest import CronServerFactory

SMALL: Final = 40
ROLE: Final = """
create role owner; create role tight login in role pydb_runner;
alter role tight set default_transaction_read_only = on;
alter role tight set default_transaction_isolation = serializable;
alter role tight set default_transaction_deferrable = on;
alter role tight set lock_timeout = '1ms';
alter role tight set idle_in_transaction_session_timeout = '20ms';
alter role tight set statement_timeout = '1min'
"""
SCHEMA: Final = f"""
create schema "Crm Data" authorization owner; grant usage on schema "Crm Data" to tight;
set role owner; set search_path = "Crm Data";
create table "Account" (id bigint primary key);
create table "Contact" (id bigint primary key, "accountId" bigint references "Account" on delete cascade);
create table "Note" (id bigint primary key, "contactId" bigint);
create index on "Contact" ("accountId"); create index on "Note" ("contactId");
create table stat (n bigint); insert into stat values (0);
create function bump() returns trigger language plpgsql as
    $$begin update stat set n = n + 1; return old; end$$;
create trigger bump after delete on "Account" for each statement execute function bump();
insert into "Account" select i from generate_series(1, 2000) as i;
insert into "Contact" select i, 1 + i % 2000 from generate_series(1, 4000) as i;
insert into "Note" select i, i from generate_series(1, 4100) as i;
do $$ begin for i in 1..{SMALL} loop
    execute format('create table small_%s (id int primary key, a bigint references "Account" not null)', i);
end loop; end $$;
grant select, update, delete on all tables in schema "Crm Data" to tight;
reset role; reset search_path; alter database app set search_path = "Crm Data", public;
select pydb.reference_set('"Crm Data"."Note"', '{{contactId}}', '"Crm Data"."Contact"', '{{id}}', 'cascade');
select pydb.setting_set('orphan_min_age', '0')
"""
REQUEST: Final = """
select (pydb.cascade_request('"Crm Data"."Account"', (
    select jsonb_agg(jsonb_build_object('id', i)) from generate_series(1, 1000) as i
), p_allow_triggers => true)).id"""
LATE: Final = """
create table "Crm Data".late (id int primary key, a bigint references "Crm Data"."Account");
grant select, delete on "Crm Data".late to tight"""


def test_whatever_the_defaults_of_the_role_say(new_cron_server: CronServerFactory) -> None:
    with new_cron_server() as server:
        site = make_site(server.app_dsn)
        site.db.execute(ROLES_FILE.read_bytes())
        for statement in (*ROLE.split(";\n"), SCHEMA):
            site.db.execute(statement.encode())
        job = site.one(REQUEST)
        blocked = site.one(REQUEST.replace("(1, 1000)", "(1001, 2000)"))
        for name in ("cascade_run", "orphan_scan_run"):
            site.db.execute("select pydb.schedule_set(%s, '0 0 1 1 *')", [name])
        with db.connect(site.dsn) as conn:
            schedule.sync(conn)
        site.db.execute("update cron.job set username = 'tight'")

        def fire(routine: str) -> None:
            site.db.execute(
                "select cron.schedule_in_database('boot', '@reboot', command, database, username)"
                " from cron.job where command like %s",
                [f"%{routine}%"],
            )
            before = site.one("select count(*) from cron.job_run_details where end_time is not null")
            server.restart()
            site.reconnect()
            site.wait_for("select count(*) > %s from cron.job_run_details where end_time is not null", before)

        fire("orphan_scan_run")
        assert site.rows("select state, stop_reason, sqlstate from pydb.job_run where kind = 'orphans'") == [
            ("completed", "exhausted", None)
        ]
        found = "select count(*) filter (where status = 'complete'), sum(orphans) from pydb.orphan_list"
        assert site.rows(found) == [(SMALL + 2, 100)]
        # what hung on rows of a key that came after the request is not in its plan
        site.db.execute("select pydb.cascade_cancel(%s)", [blocked])
        fire("cascade_run")
        ended = "select state, stop_reason, rows_done, sqlstate from pydb.job_run where subject = %s"
        assert site.rows(ended, f"job {job}") == [("completed", "exhausted", 5000, None)]
        assert site.one('select n > 0 from "Crm Data".stat') is True
        late = site.one(REQUEST.replace("(1, 1000)", "(1001, 2000)"))
        site.db.execute(LATE.encode())
        fire("cascade_run")
        assert site.rows(ended, f"job {late}") == [("blocked", "error", 0, "YD306")]
        assert "take it back" in str(
            site.one("select return_message from cron.job_run_details order by runid desc limit 1")
        )
        site.db.close()
