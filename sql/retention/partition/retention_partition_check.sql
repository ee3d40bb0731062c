-- pydb_internal.retention_partition_check (partition; by retention_policy_vet): refuse a policy that is to drop
-- partitions and could not.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD005 YD120; warns YD621
create or replace function pydb_internal.retention_partition_check(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hurdle record;
    v_problem text;
begin
    if p_policy.partition not in ('drop', 'keep', 'move') then
        raise exception using errcode = 'YD001', message = format('p_partition cannot be %L', p_policy.partition),
            detail = 'It is one of drop, keep, move.', hint = 'p_partition => ''drop''';
    elsif (p_policy.partition = 'move') <> (p_policy.partition_schema is not null)
        or (p_policy.partition_schema is not null and to_regnamespace(quote_ident(p_policy.partition_schema)) is null)
    then
        raise exception using errcode = 'YD001', message = 'p_partition => ''move'' needs a schema that exists',
            detail = format('p_partition is %L, p_partition_schema %L.', p_policy.partition, p_policy.partition_schema),
            hint = 'create schema partitions_of_old; then p_partition_schema => ''partitions_of_old''';
    elsif p_policy.partition_first not in ('archive', 'export') or (
        p_policy.partition_first is not null
        and (p_policy.action, p_policy.partition) is distinct from ('drop_partition', 'drop')
    ) then
        raise exception using errcode = 'YD001',
            message = format('p_partition_first cannot be %L here', p_policy.partition_first),
            detail = format('It is archive or export, before p_partition ''drop''; p_action is %L, p_partition %L.',
                p_policy.action, p_policy.partition),
            hint = 'p_action => ''drop_partition'', p_partition => ''drop'', p_partition_first => ''archive''';
    elsif p_policy.action <> 'drop_partition' then
        if p_policy.partition <> 'drop' then
            raise exception using errcode = 'YD001', message = 'p_partition needs p_action => ''drop_partition''',
                detail = format('p_action is %L.', p_policy.action), hint = 'p_action => ''drop_partition''';
        end if;
        return;
    end if;
    v_problem := pydb_internal.retention_partition_problem(p_policy);
    select h.* into v_hurdle
    from pg_roles as r
    cross join lateral pydb_internal.retention_owner_hurdles(p_policy, r.oid) as h
    where r.rolname = current_user;
    if v_problem is not null then
        raise exception using errcode = 'YD120',
            message = format('%s has no partitions that policy %s could drop', p_policy.target_name, p_policy.name),
            detail = v_problem || '.', hint = 'p_action => ''delete''';
    elsif v_hurdle.message is not null then
        raise exception using errcode = 'YD005', message = v_hurdle.message, detail = v_hurdle.detail,
            hint = v_hurdle.hint;
    elsif p_policy.partition = 'move' and not has_schema_privilege(p_policy.partition_schema, 'CREATE, USAGE') then
        raise exception using errcode = 'YD005',
            message = format('%s may not create tables in schema %I', current_user, p_policy.partition_schema),
            detail = 'Partitions are to be moved there.',
            hint = format('grant create, usage on schema %I to %I;', p_policy.partition_schema, current_user);
    end if;
    for v_hurdle in select h.* from pydb_internal.retention_save_hurdles(p_policy) as h loop
        raise warning using errcode = 'YD621',
            message = format('policy %s would be blocked: %s', p_policy.name, v_hurdle.message),
            detail = v_hurdle.detail, hint = v_hurdle.hint;
    end loop;
end
$$;

comment on function pydb_internal.retention_partition_check(pydb.retention_policy) is
'Raises YD001 for a choice that is none, YD120 where the partitions have no bounds of the time column or the policy
picks rows, YD005 for who does not own the table; warns (YD621) of what blocks its runs as it is now.';

revoke all on function pydb_internal.retention_partition_check(pydb.retention_policy) from public;
