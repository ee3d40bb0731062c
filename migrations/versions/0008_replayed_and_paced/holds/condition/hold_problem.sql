-- pydb_internal.hold_problem (condition): why it cannot be told which rows a hold is about.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_problem(p_hold pydb.hold)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_hold.key_columns = '{}' then
        return coalesce(pydb_internal.hold_filter_problem(p_hold), pydb_internal.hold_moved_problem(p_hold));
    elsif p_hold.kind = 'tenant' and p_hold.relation is null
        and pydb_internal.hold_tenant_relations(p_hold) = '{}'::oid[]
    then
        return format('no table has a column %I any more: it keeps nothing', p_hold.key_columns[1]);
    end if;
    return coalesce((
        select format('%s has no column %I whose values can be read', pydb_internal.relation_name(t.relation), u.name)
        from unnest(case
            when p_hold.kind = 'tenant' and p_hold.relation is null then pydb_internal.hold_tenant_relations(p_hold)
            else array[pydb_internal.hold_relation(p_hold)]
        end) as t (relation)
        cross join unnest(p_hold.key_columns) as u (name)
        where exists (select from pg_class as c where c.oid = t.relation) and not exists (
            select from pg_attribute as a
            where a.attrelid = t.relation and a.attname = u.name and not a.attisdropped
                and pydb_internal.type_read(a.atttypid) is not null
        )
        limit 1
    ), pydb_internal.hold_filter_problem(p_hold), pydb_internal.hold_moved_problem(p_hold));
end
$$;

comment on function pydb_internal.hold_problem(pydb.hold) is
'Null where the columns of a hold, and what its filter names, are there and are what they were; a table that is gone is
no problem, but for a hold of a tenant that no table has any more.';

revoke all on function pydb_internal.hold_problem(pydb.hold) from public;
