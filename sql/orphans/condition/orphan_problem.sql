-- pydb_internal.orphan_problem (condition): why a reference cannot be looked at by the current role; null if it can.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_problem(p_edge pydb_internal.reference_edge, p_rights text[])
returns table (code text, reason text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_code text;
    v_reason text;
    v_cure text;
begin
    if p_edge.filter is not null or p_edge.parent_filter is not null then
        begin
            perform pydb_internal.reference_edge_condition(p_edge, false);
            perform pydb_internal.reference_edge_condition(p_edge, true);
        exception when sqlstate 'YD103' or sqlstate 'YD114' then
            get stacked diagnostics v_code = returned_sqlstate, v_reason = pg_exception_detail,
                v_cure = pg_exception_hint;
            v_reason := format('%s: %s', sqlerrm, v_reason);
        end;
    end if;
    return query
    with touched as (
        select l.relation as oid, p_rights as rights
        from pydb_internal.orphan_leaves(p_edge.child) as l
        where not l.is_foreign
        union
        select u.oid, '{SELECT}'::text[] from unnest(array[p_edge.child, p_edge.parent]) as u (oid)
    ),

    missing as (
        select format('grant usage on schema %I to %I;', n.nspname, current_user) as line
        from touched as t
        inner join pg_class as c on c.oid = t.oid
        inner join pg_namespace as n on n.oid = c.relnamespace
        where not has_schema_privilege(current_user, n.oid, 'USAGE')
        union
        select format(
            'grant %s on %s to %I;', string_agg(distinct lower(u.right_name), ', '), pydb_internal.relation_name(t.oid),
            current_user
        )
        from touched as t
        cross join unnest(t.rights) as u (right_name)
        where not has_table_privilege(current_user, t.oid, u.right_name)
        group by t.oid
    ),

    told (place, code, reason, cure) as (
        select
            1, 'YD402', format(
                '%s is a %s', pydb_internal.relation_name(c.oid), case c.relkind
                    when 'f' then 'foreign table' when 'v' then 'view' when 'm' then 'materialized view'
                    else 'relation of another kind'
                end
            ), 'select * from pydb.reference_list;'
        from pg_class as c
        where c.oid in (p_edge.child, p_edge.parent) and c.relkind not in ('r', 'p')
        union all
        -- pg_constraint.conperiod came with PostgreSQL 18
        select
            1, 'YD402', 'a reference with PERIOD: several parents may cover a row together, which a scan cannot tell',
            format(
                'alter table %s validate constraint %I;', pydb_internal.relation_name(p_edge.child), k.conname
            )
        from pg_constraint as k
        where k.oid = p_edge.constraint_id and (to_jsonb(k) ->> 'conperiod')::boolean
        union all
        select
            2, 'YD005', format('%s lacks privileges: %s', current_user, string_agg(m.line, ' ' order by m.line desc)),
            string_agg(m.line, ' ' order by m.line desc)
        from missing as m
        having count(*) > 0
        union all
        select
            3, 'YD404', format(
                'row-level security is active for %s on %s: not all rows would be seen', current_user,
                string_agg(pydb_internal.relation_name(t.oid), ', ')
            ), format('alter role %I bypassrls;', current_user)
        from touched as t
        where row_security_active(t.oid)
        having count(*) > 0
        union all
        select 4, v_code, v_reason, v_cure where v_code is not null
    )

    select t.code, t.reason, t.cure from told as t order by t.place limit 1;
end
$$;

comment on function pydb_internal.orphan_problem(pydb_internal.reference_edge, text[]) is
'No row if the current role can read both sides of a reference and has p_rights on the child; else why not: kind of
relation or reference, missing privileges with the GRANT statements, row-level security, or a condition that may not run
as this role. Code, reason and cure.';

revoke all on function pydb_internal.orphan_problem(pydb_internal.reference_edge, text[]) from public;
