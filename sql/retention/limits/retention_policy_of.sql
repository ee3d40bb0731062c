-- pydb_internal.retention_policy_of (limits): the policy of a run, as it holds for this run.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises YD002
create or replace function pydb_internal.retention_policy_of(p_run pydb_internal.run_state)
returns pydb.retention_policy
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_at(
        pydb_internal.retention_policy_get(p_run.subject), p_run.now
    );
begin
    if v_policy.action = 'export' and p_run.kind = 'export' and p_run.work ->> 'first_way' <> 'plain' then
        v_policy.action := 'archive'; -- what goes along is kept with the rest, and goes to files from there
    end if;
    if p_run.catch_up then
        -- the other limits are the engine's, by the terms
        v_policy.rows_per_second := coalesce(v_policy.catch_up_rows_per_second, v_policy.rows_per_second);
    end if;
    return v_policy;
end
$$;

comment on function pydb_internal.retention_policy_of(pydb_internal.run_state) is
'The policy of a run, asked at the moment that the run takes for now; where the run is to catch up, with the rate for
that; where an export takes rows of other tables along, as one that archives.';

revoke all on function pydb_internal.retention_policy_of(pydb_internal.run_state) from public;
