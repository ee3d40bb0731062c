-- pydb_internal.retention_history_add (outlook; trigger): trigger that keeps what a run counted and left, when it ends.
-- reads pydb.retention_policy   writes pydb.retention_history   locks the policy's rows there
-- raises nothing
create or replace function pydb_internal.retention_history_add()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_at constant timestamptz := coalesce((new.detail ->> 'now')::timestamptz, new.started_at);
    v_last pydb.retention_history;
    v_new pydb.retention_history;
begin
    select pydb_internal.retention_version(p) into v_new.version
    from pydb.retention_policy as p
    where p.name = new.subject;
    if not found or not isfinite(v_at) or v_at > clock_timestamp()
        or (new.state = 'blocked' and new.stop_reason <> 'fuse' and new.batches = 0) -- it counted nothing, or not all
    then
        return null;
    end if;
    select h.* into v_last
    from pydb.retention_history as h
    where h.policy = new.subject
    order by h.day desc
    limit 1
    for update;
    if v_at < v_last.at then
        return null; -- by an earlier clock it does not say what is left now
    end if;
    v_new.policy := new.subject;
    v_new.day := (v_at at time zone 'UTC')::date;
    v_new.at := v_at;
    v_new.runs := 1;
    v_new.rows_due := new.rows_planned;
    v_new.rows_left := case when new.state = 'completed' and not new.dry_run then 0
        else greatest(new.rows_planned - new.rows_done, 0) end;
    v_new.through_at := case when v_new.rows_left = 0 then v_at else coalesce(v_last.through_at, v_at) end;
    v_new.rows_came := 0;
    v_new.rows_gone := 0;
    v_new.span := interval '0';
    if v_last.version = v_new.version then
        v_new.rows_came := new.rows_planned - v_last.rows_left;
        v_new.rows_gone := new.rows_done;
        v_new.span := make_interval(secs => extract(epoch from v_at - v_last.at)::float8);
        if v_new.day = v_last.day then
            v_new.rows_came := v_new.rows_came + v_last.rows_came;
            v_new.rows_gone := v_new.rows_gone + v_last.rows_gone;
            v_new.span := v_new.span + v_last.span;
            v_new.runs := v_last.runs + 1;
        end if;
    end if;
    if v_new.day is distinct from v_last.day then
        delete from pydb.retention_history as h where h.policy = v_new.policy and h.day < v_new.day - 100;
    end if;
    -- never away and back: a rehearsal that ends at the same time waits for this row, and finds it
    insert into pydb.retention_history select v_new.*
    on conflict on constraint retention_history_pkey do update set
        version = excluded.version, at = excluded.at, rows_due = excluded.rows_due, rows_left = excluded.rows_left,
        through_at = excluded.through_at, runs = excluded.runs, rows_came = excluded.rows_came,
        rows_gone = excluded.rows_gone, span = excluded.span;
    return null;
exception when lock_not_available then
    return null; -- who locks policies or what they left keeps no run from being closed
end
$$;

comment on function pydb_internal.retention_history_add() is
'Adds a run of a policy that has ended and has counted to pydb.retention_history, and takes away what is older than 100
days.';

revoke all on function pydb_internal.retention_history_add() from public;

create or replace trigger retention_history_add
after insert or update of state on pydb.job_run
for each row
when (
    new.kind = 'retention' and new.run_kind is not null and new.finished_at is not null and new.rows_planned is not null
)
execute function pydb_internal.retention_history_add();
