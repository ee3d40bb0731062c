-- pydb.hold_release: end a hold, with a reason; says what else holds its rows, and what may go now; audited.
-- reads what the hold is about   writes pydb.hold, pydb.audit_log, pydb_internal.hold_gate   locks the hold's row
-- raises YD001 YD002 YD005 YD007
create or replace function pydb.hold_release(p_name text, p_reason text)
returns table (relation text, rows bigint, still_held bigint, free bigint, holds text[], jobs bigint[])
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_released pydb.hold;
    v_jobs bigint[];
begin
    v_released := pydb_internal.hold_release_store(pydb_internal.draft_add(
        'hold_release', jsonb_build_object('name', p_name, 'reason', p_reason)
    ));
    v_jobs := pydb_internal.hold_wake();
    perform pydb_internal.relation_check_names(array(
        select distinct n.relation
        from pydb_internal.hold_seeds(array[v_released]) as s
        cross join unnest(pydb_internal.reference_named(s.relation)) as n (relation)
        where s.problem is null
    ));
    return query
    select f.relation, f.rows, f.still_held, f.rows - f.still_held, f.holds, v_jobs
    from pydb_internal.hold_still(v_released) as f;
end
$$;

comment on function pydb.hold_release(text, text) is
'Ends a hold; it is kept in pydb.hold with who released it, when and why. One row a table that it named: its rows, how
many of them other holds (holds) keep still, how many nothing keeps any more; counts are null where the caller may not
read the table. jobs: cascade jobs that waited for it, which pydb.cascade_run() takes up again.';

revoke all on function pydb.hold_release(text, text) from public;
