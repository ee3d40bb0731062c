-- pydb_internal.retention_circles (run; by retention_next_pass): parts for the rows that wait for each other: expired
-- rows of one table whose references to it form circles.
-- reads the target and what references it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_circles(
    p_policy pydb.retention_policy,
    p_parts pydb_internal.run_part[],
    p_cutoff timestamptz
)
returns pydb_internal.run_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_part pydb_internal.run_part;
    v_all pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_free constant text := pydb_internal.hold_free_condition(p_policy.target);
    v_due record;
    v_tids tid[];
begin
    foreach v_part in array p_parts loop
        -- what is due needs nothing that stays, so all that references it is due as well, and goes with it
        v_due := pydb_internal.retention_due_terms(p_policy, v_part.relation, p_cutoff);
        execute v_due.kept || format(
            'select array_agg(s.ctid) from (select t.ctid from only %s as t%s where %s limit 100000) as s',
            pydb_internal.relation_name(v_part.relation), pydb_internal.retention_rule_source(p_policy),
            v_due.condition || v_free
        ) into v_tids;
        if v_tids is not null then
            v_part.strategy := 'heap';
            v_part.condition := format(
                't.ctid = any (%L::pg_catalog.tid[]) and %s', v_tids,
                pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false)
            );
            v_all := v_all || v_part;
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_circles(
    pydb.retention_policy, pydb_internal.run_part[], timestamptz
) is
'Of the parts those that hold rows which are due now, with a condition that names them: they go together with the rows
of their table that reference them.';

revoke all on function pydb_internal.retention_circles(
    pydb.retention_policy, pydb_internal.run_part[], timestamptz
) from public;
