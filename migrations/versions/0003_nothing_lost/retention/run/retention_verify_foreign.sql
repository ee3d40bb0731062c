-- pydb_internal.retention_verify_foreign (run): a run that is through has not done all while foreign partitions show
-- rows that expired.
-- reads the foreign tables below the target   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_verify_foreign(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work constant pydb_internal.retention_work := jsonb_populate_record(
        null::pydb_internal.retention_work, p_run.work
    );
    v_leaf oid;
    v_name text;
    v_is_due boolean;
begin
    if p_run.state is distinct from 'completed' then
        return p_run;
    end if;
    for v_leaf in
        select l.relation
        from pydb_internal.retention_leaves(p_policy.target) as l
        where l.foreign_table
    loop
        v_name := pydb_internal.relation_name(v_leaf);
        begin
            execute format(
                'select exists (select 1 from %s as t where %s)', pydb_internal.relation_name(v_leaf),
                pydb_internal.retention_expired_condition(p_policy, v_work.cutoff)
            ) into v_is_due;
            p_run.error := format('foreign table %s shows rows that expired: they are not touched', v_name);
        exception when others then
            v_is_due := true; -- for all that is known
            p_run.error := format('foreign table %s cannot be asked for rows that expired: %s', v_name, sqlerrm);
        end;
        if v_is_due then
            p_run.state := 'partial';
            p_run.reason := 'error';
            p_run.sqlstate := 'YD003';
            p_run.hint := 'Delete them where they live; the plan names the table: select relation, codes from '
                || format('pydb.retention_plan(%L);', p_policy.name);
            return p_run;
        end if;
        p_run.error := null;
    end loop;
    return p_run;
end
$$;

comment on function pydb_internal.retention_verify_foreign(pydb.retention_policy, pydb_internal.run_state) is
'A completed run as it is, or partial (error, YD003) with the name of a foreign table below the target whose
expired rows it has left, or that cannot be asked.';

revoke all on function pydb_internal.retention_verify_foreign(pydb.retention_policy, pydb_internal.run_state)
    from public;
