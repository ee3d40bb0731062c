-- pydb_internal.run_close_dead (log): mark runs whose backend is gone as interrupted, so that the next run can start.
-- reads pg_stat_activity, pydb.job_run   writes pydb.job_run   locks the rows it marks
-- raises nothing
create or replace function pydb_internal.run_close_dead(p_kind text, p_subject text)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_dead constant bigint[] := (select array_agg(r.id) from pydb_internal.run_dead(p_kind, p_subject) as r);
begin
    if v_dead is null then
        return 0;
    end if;
    return pydb_internal.run_close_interrupted(v_dead);
end
$$;

comment on function pydb_internal.run_close_dead(text, text) is
'Marks runs of this subject whose server process is gone as interrupted; returns how many. A null subject means all.';

revoke all on function pydb_internal.run_close_dead(text, text) from public;
