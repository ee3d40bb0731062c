-- pydb_internal.retention_check_author (condition): before the conditions of a policy are parsed, by a plan or a run:
-- its own, and those of the references that may keep its rows.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103 YD114 YD123
create or replace function pydb_internal.retention_check_author(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables oid[];
    v_reference pydb.reference;
begin
    if p_policy.filter is not null and not p_policy.builtin then
        perform pydb_internal.filter_check_stored(
            format('the filter of policy %s', p_policy.name), p_policy.target, p_policy.filter, p_policy.author,
            p_policy.author_role, format('select * from pydb.retention_policy where name = %L;', p_policy.name)
        );
    end if;
    perform pydb_internal.retention_check_columns(p_policy);
    perform pydb_internal.retention_check_rules(p_policy);
    if not pydb_internal.reference_is_conditional() then
        return;
    end if;
    -- below keys that cascade, references keep rows too
    v_tables := (pydb_internal.retention_reach(p_policy)).tables;
    for v_reference in
        select r.*
        from pydb_internal.reference_logical(array(
            select u.relation from unnest(v_tables) as u (relation)
            union
            select t.relid from unnest(v_tables) as u (relation)
            cross join pydb_internal.relation_tree(u.relation) as t
            union
            select a.relid from unnest(v_tables) as u (relation)
            cross join lateral pg_partition_ancestors(u.relation) as a
        ), null) as r
    loop
        perform pydb_internal.reference_check_author(v_reference);
    end loop;
end
$$;

comment on function pydb_internal.retention_check_author(pydb.retention_policy) is
'Raises YD114 where the author of the filter, or of a condition of a reference to the policy''s rows, could not become
the current role, or is gone; YD103 where one of them would no longer be accepted. Nothing of them is parsed.';

revoke all on function pydb_internal.retention_check_author(pydb.retention_policy) from public;
