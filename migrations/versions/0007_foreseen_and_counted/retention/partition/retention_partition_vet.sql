-- pydb_internal.retention_partition_vet (partition): hook of drafts: check as whoever takes a partition out of its
-- table what is to be noted about it.
-- reads the catalog, pydb.retention_policy   writes nothing   locks nothing
-- raises YD002 YD005 YD105 YD119 YD120
create or replace function pydb_internal.retention_partition_vet(p_draft jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_draft ->> 'policy');
    v_partition constant oid := (p_draft ->> 'partition')::oid;
    v_class pg_class;
    v_parent oid;
    v_is_pending boolean;
    v_bounds pydb_internal.retention_bounds;
begin
    select c.* into v_class from pg_class as c where c.oid = v_partition;
    if not found or not pg_has_role(v_class.relowner, 'USAGE') then
        raise exception using errcode = 'YD005',
            message = format('%s may not drop %s', current_user, coalesce(
                pydb_internal.relation_name(v_partition), 'relation ' || v_partition::text, 'null'
            )),
            detail = 'Only the owner of a partition can.', hint = format('\d %s', v_policy.target_name);
    end if;
    select i.inhparent, i.inhdetachpending into v_parent, v_is_pending
    from pg_inherits as i where i.inhrelid = v_partition;
    -- by the server's own clock: what is not old cannot be said to be
    select b.* into v_bounds
    from pydb_internal.retention_partition_bounds(
        v_policy, pydb_internal.retention_cutoff(v_policy, clock_timestamp()), v_parent, v_partition
    ) as b;
    if v_policy.action <> 'drop_partition' or (v_parent <> v_policy.target and not exists (
        select 1 from pydb_internal.relation_tree(v_policy.target) as t where t.relid = v_parent
    )) or (v_parent is not null and not v_is_pending and v_bounds.is_old is not true) then
        raise exception using errcode = 'YD120',
            message = format('policy %s does not drop %s', v_policy.name, pydb_internal.relation_name(v_partition)),
            detail = format('It is no partition of %s that is older than its cutoff.', v_policy.target_name),
            hint = format('select * from pydb.retention_plan(%L);', v_policy.name);
    end if;
    return p_draft || jsonb_build_object(
        'name', pydb_internal.relation_name(v_partition), 'parent', pydb_internal.relation_name(v_parent),
        'lower_bound', v_bounds.lower_bound, 'upper_bound', v_bounds.upper_bound,
        'moved_to', case when p_draft ->> 'state' = 'moved'
            then format('%I.%I', v_policy.partition_schema, v_class.relname) end
    );
end
$$;

comment on function pydb_internal.retention_partition_vet(jsonb) is
'The draft of a row of pydb.retention_partition with names and bounds; YD005 for who does not own the partition, YD120
where it is none of the policy''s table.';

revoke all on function pydb_internal.retention_partition_vet(jsonb) from public;
