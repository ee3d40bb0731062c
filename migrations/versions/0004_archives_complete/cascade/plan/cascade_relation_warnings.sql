-- pydb_internal.cascade_relation_warnings (plan; by cascade_edge_verdict): what stops deleting or setting rows of some
-- relations, or does more than a plan can see.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_relation_warnings(p_relations oid[], p_effect text, p_columns name[])
returns setof pydb_internal.cascade_warning
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_right constant text := case p_effect when 'delete' then 'DELETE' else 'UPDATE' end;
begin
    return query
    select
        'privilege',
            format('%s may not %s rows of %s', current_user, lower(v_right), pydb_internal.relation_name(c.oid)),
        format('grant usage on schema %s to %I; grant select, %s on %s to %2$I;', c.relnamespace::regnamespace,
            current_user, lower(v_right), pydb_internal.relation_name(c.oid))
    from pg_class as c
    where c.oid = any(p_relations) and (
        not has_schema_privilege(c.relnamespace, 'USAGE') or not case p_effect
            when 'delete' then has_table_privilege(c.oid, 'DELETE')
            else not exists (
                select 1 from unnest(p_columns) as u (name)
                where not has_column_privilege(c.oid, u.name::text, 'UPDATE')
            )
        end
    )
    order by c.oid;
    return query
    select
        'row_security',
            format('row-level security of %s hides rows from %s', pydb_internal.relation_name(r.oid), current_user),
        format('alter role %I bypassrls;', current_user)
    from unnest(p_relations) as r (oid)
    where row_security_active(r.oid)
    order by r.oid;
    return query
    -- one that stands beside the delete stops it too: PostgreSQL runs none for a DELETE that is part of a statement
    select 'rule', r.said, r.cure
    from pydb_internal.relation_rules(p_relations, lower(v_right)) as r
    order by r.relation, r.rule;
    return query
    select 'publication', p.warning, p.cure
    from pydb_internal.relation_publications(p_relations, lower(v_right)) as p;
    return query
    select
        'trigger',
        format('trigger %I runs on %s: what it does is not in this plan', g.tgname,
            pydb_internal.relation_name(g.tgrelid)) || coalesce(
            '; it looks for names in ' || pydb_internal.application_path_text(pydb_internal.application_path()), ''
        ),
        null::text
    from pg_trigger as g
    where g.tgrelid = any(p_relations) and not g.tgisinternal and g.tgenabled in ('O', 'A')
        and g.tgtype & case v_right when 'DELETE' then 8 else 16 end > 0
    order by g.tgrelid, g.tgname;
end
$$;

comment on function pydb_internal.cascade_relation_warnings(oid[], text, name[]) is
'What would stop a delete (effect delete) or an update of p_columns (other effects) of rows of the relations: privilege,
row_security, rule, publication (without replica identity); and trigger, which stops nothing; each with its cure.';

revoke all on function pydb_internal.cascade_relation_warnings(oid[], text, name[]) from public;
