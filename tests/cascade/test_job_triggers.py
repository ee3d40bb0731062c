"""What triggers delete beyond the plan of a durable job: refused, or accepted, counted and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import CUSTOMER, ONE, TAKE
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site

# a tally that a trigger takes from, for each sale that goes
ELSEWHERE: Final = """
create table shop.tally (id int primary key);
insert into shop.tally select generate_series(1, 3000);
create function shop.take() returns trigger language plpgsql as
    $$ begin delete from shop.tally where id = old.id; return null; end $$;
create trigger take after delete on shop.sale for each row execute function shop.take()
"""


@pytest.mark.parametrize("tried", ["50000", "0"])
def test_rows_of_another_table_go_with_each_batch_and_are_counted(site: Site, tried: str) -> None:
    site.shop(1500)
    site.do(ELSEWHERE)
    site.setting("cascade_trial_rows", tried)
    if tried == "0":  # found out by the run, which then leaves the sales
        job = site.request()
        error = site.run_job(job).ended()
        assert error is not None
        assert error.sqlstate == "YD308"
        assert site.value("select count(*) from shop.tally") == 3000
        assert site.value("select count(*) from shop.sale") == 1503
        assert "p_allow_triggers => true" in str(error.diag.message_hint)
        site.do(f"select pydb.cascade_cancel({job})")
    else:
        with refused("YD304") as refusal:
            site.request()
        assert "p_allow_triggers => true" in refusal.hint
        assert site.counts() == (3, 1503, 3006, 1503)
    job = site.request(allow_triggers=True)
    assert site.job(job)["allow_triggers"] is True
    site.run_job(job).succeeded()
    row = site.job(job)
    assert site.counts() == (2, 3, 6, 3)
    assert site.value("select count(*) from shop.tally") == 1500
    assert row["triggered"] == {"shop.tally": 1500}
    assert row["relations"]["shop.tally"] == 1500
    assert row["relations"]["shop.sale"] == 1500
    assert row["proof"]["rows"] == row["rows_done"] == sum(row["relations"].values())
    run = site.runs(f"job {job}")[-1]
    assert (run.state, run.rows_done) == ("completed", row["rows_done"])
    assert run.batches > 3
    assert run.detail["triggers"] == {"shop.tally": 1500}
    assert (
        site.value(
            "select arguments -> 'allow_triggers' from pydb.audit_log where action = 'cascade_request'"
            " order by id desc limit 1"
        )
        is True
    )


def test_rows_of_the_plan_that_a_trigger_takes_first(site: Site) -> None:
    """Also rows that the plan does not name: what the application's trigger does is what happens."""
    site.shop()
    site.do(
        """create function shop.sweep() returns trigger language plpgsql as
            $$ begin delete from shop.log; return null; end $$;
        create trigger sweep after delete on shop.line for each statement execute function shop.sweep()"""
    )
    job = site.request(allow_triggers=True)
    site.run_job(job).succeeded()
    assert site.counts() == (2, 3, 6, 0)
    row = site.job(job)
    assert row["relations"] == {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 5}
    assert sum(row["triggered"].values()) in (3, 5)
    assert row["state"] == "completed"


def test_rows_that_a_trigger_keeps_stop_a_job_all_the_same(site: Site) -> None:
    site.shop()
    site.do(
        """create function shop.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger keep before delete on shop.log for each row when (old.id = 1)
            execute function shop.keep()"""
    )
    with refused("YD304", "YD302") as refusal:
        site.request(allow_triggers=True)
    assert "keep of shop.log" in refusal.detail
    assert site.counts() == (3, 5, 10, 5)


def test_one_that_refuses_still_refuses(site: Site) -> None:
    site.shop()
    site.do(
        """create function shop.no() returns trigger language plpgsql as
            $$ begin raise exception 'on hold' using errcode = 'P0001'; end $$;
        create trigger no before delete on shop.line for each row execute function shop.no()"""
    )
    with refused("YD302") as refusal:
        site.request(keys=ONE, edges=TAKE, allow_triggers=True)
    assert "on hold" in refusal.message
    assert site.counts() == (3, 5, 10, 5)
