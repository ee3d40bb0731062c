-- pydb_internal.cascade_relation_warnings (plan; by cascade_edge_verdict): what stops deleting or setting rows of one
-- relation, or does more than a plan can see.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_relation_warnings(p_relation oid, p_effect text, p_columns name[])
returns table (is_fatal boolean, warning text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := pydb_internal.relation_name(p_relation);
    v_class pg_class;
    v_right text := case p_effect when 'delete' then 'DELETE' else 'UPDATE' end;
begin
    select c.* into v_class from pg_class as c where c.oid = p_relation;
    return query
    select true, format('%s may not %s rows of %s', current_user, lower(v_right), v_name),
        format('grant usage on schema %s to %I; grant select, %s on %s to %2$I;', v_class.relnamespace::regnamespace,
            current_user, lower(v_right), v_name)
    where not has_schema_privilege(v_class.relnamespace, 'USAGE') or not case p_effect
        when 'delete' then has_table_privilege(p_relation, 'DELETE')
        else not exists (
            select 1 from unnest(p_columns) as u (name)
            where not has_column_privilege(p_relation, u.name::text, 'UPDATE')
        )
    end;
    return query
    select true, format('row-level security of %s hides rows from %s', v_name, current_user),
        format('alter role %I bypassrls;', current_user)
    where row_security_active(p_relation);
    return query
    select true, format('rule %I of %s replaces the %s', r.rulename, v_name, v_right),
        format('alter table %s disable rule %I;', v_name, r.rulename)
    from pg_rewrite as r
    where r.ev_class = p_relation and r.ev_enabled <> 'D'
        and r.ev_type = case v_right when 'DELETE' then '4' else '2' end;
    return query
    select distinct true, format('%s is published (%s) without a replica identity', v_name, b.pubname),
        format('alter table %s replica identity full;', v_name)
    from pg_publication as b
    where case v_right when 'DELETE' then b.pubdelete else b.pubupdate end
        and v_class.relpersistence = 'p'
        and (
            v_class.relreplident = 'n'
            or v_class.relreplident = 'd' and not exists (
                select 1 from pg_index as i where i.indrelid = p_relation and i.indisprimary
            )
        )
        and exists (select 1 from pg_get_publication_tables(b.pubname::text) as g where g.relid in (
            select p_relation union all select a.relid from pg_partition_ancestors(p_relation) as a
        ));
    return query
    select false, format('trigger %I runs on %s: what it does is not in this plan', g.tgname, v_name), null::text
    from pg_trigger as g
    where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled in ('O', 'A')
        and g.tgtype & case v_right when 'DELETE' then 8 else 16 end > 0;
end
$$;

comment on function pydb_internal.cascade_relation_warnings(oid, text, name[]) is
'What would stop a delete (effect delete) or an update of p_columns (other effects) of rows of one relation: privileges,
row-level security, rules, publications without replica identity (is_fatal); and triggers (not fatal); each with its
cure.';

revoke all on function pydb_internal.cascade_relation_warnings(oid, text, name[]) from public;
