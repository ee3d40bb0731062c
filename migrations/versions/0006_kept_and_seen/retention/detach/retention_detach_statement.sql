-- pydb_internal.retention_detach_statement (detach; for pydb/partitions.py): note that a client begins to detach a
-- partition concurrently, and hand him the statement.
-- reads the partition and what references it, the catalog   writes pydb.retention_partition   locks nothing
-- raises YD002 YD005 YD105 YD120
create or replace function pydb_internal.retention_detach_statement(
    p_policy text,
    p_partition oid,
    p_request uuid default null,
    p_now timestamptz default null
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_run pydb_internal.run_state;
    v_parent oid;
    v_code text;
begin
    v_run.kind := 'retention';
    v_run.subject := p_policy;
    v_run.dry_run := false;
    v_run.now := coalesce(p_now, clock_timestamp());
    v_policy := pydb_internal.retention_policy_at(v_policy, v_run.now);
    perform pydb_internal.run_check_now(v_run);
    v_run := pydb_internal.run_look(v_run);
    select i.inhparent into v_parent
    from pg_inherits as i where i.inhrelid = p_partition and not i.inhdetachpending;
    if v_run.state is not null or v_parent is null
        or exists (select 1 from pydb_internal.run_live('retention', p_policy) as r)
    then
        return null;
    end if;
    select v.code into v_code
    from pydb_internal.retention_partition_bounds(
        v_policy, pydb_internal.retention_cutoff(v_policy, v_run.now), v_parent
    ) as b
    cross join lateral pydb_internal.retention_partition_verdict(
        v_policy, pydb_internal.retention_cutoff(v_policy, v_run.now), b
    ) as v
    where b.partition = p_partition;
    if v_code = 'partition_old' and pydb_internal.retention_partition_store(pydb_internal.draft_add(
        'retention_partition', jsonb_build_object(
            'policy', p_policy, 'partition', p_partition::bigint, 'state', 'detaching', 'request', p_request
        )
    )) then
        return format('alter table %s detach partition %s concurrently', pydb_internal.relation_name(v_parent),
            pydb_internal.relation_name(p_partition));
    end if;
    return null;
end
$$;

comment on function pydb_internal.retention_detach_statement(text, oid, uuid, timestamptz) is
'ALTER TABLE … DETACH PARTITION … CONCURRENTLY, to be run outside of a transaction; null where the partition may not go
now, or somebody is at it. What is detached then the next run of the policy drops, keeps or moves.';

revoke all on function pydb_internal.retention_detach_statement(text, oid, uuid, timestamptz) from public;
