-- pydb_internal.cascade_copy_source (purge): the copies of rows of a table in one store, as SQL text for FROM, with the
-- columns of one side of an edge.
-- reads the catalog, pydb.archive_table, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD103 YD114 YD602
create or replace function pydb_internal.cascade_copy_source(
    p_edge pydb_internal.reference_edge,
    p_is_parent boolean,
    p_store oid
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := case when p_is_parent then p_edge.parent else p_edge.child end;
    v_columns constant name[] := case when p_is_parent then p_edge.parent_columns else p_edge.child_columns end;
    v_is_archive constant boolean := exists (select from pydb.archive_table as t where t.archive = p_store);
    v_drift record;
begin
    if not has_table_privilege(p_store, 'SELECT') then
        raise exception using errcode = 'YD005',
            message = format('copies of %s cannot be looked for', pydb_internal.relation_name(v_relation)),
            detail = format('%s lacks SELECT on %s.', current_user, pydb_internal.relation_name(p_store)),
            hint = format('grant select, delete on %s to %I;', pydb_internal.relation_name(p_store), current_user);
    elsif not v_is_archive then
        return (
            -- the type that a value was written in is still that of its column, or it is no value of it
            select format(
                '(select q.tableoid, q.ctid, q.xmin, %s from pydb.orphan_quarantine as q where %s)',
                string_agg(format(
                    'case when q.types ->> %1$L = %2$L then (q.content ->> %1$L)::%3$s end as %1$I', a.attname,
                    format_type(a.atttypid, a.atttypmod), format_type(pydb_internal.type_read(a.atttypid), -1)
                ), ', '), case
                    when p_is_parent or p_edge.reference is null then format('q.target in (%s, %s)', v_relation,
                        pydb_internal.archive_top(v_relation))
                    else format('q.reference = %L', p_edge.reference)
                end
            )
            from pg_attribute as a
            where a.attrelid = v_relation and a.attname = any(v_columns)
                and pydb_internal.type_read(a.atttypid) is not null
            having count(*) = (select count(distinct u.name) from unnest(v_columns) as u (name))
        );
    end if;
    v_drift := pydb_internal.archive_drift(pydb_internal.archive_top(v_relation));
    if v_drift.problem is not null then
        raise exception using errcode = 'YD602',
            message = format('%s is no longer what its archive was made for', pydb_internal.relation_name(v_relation)),
            detail = v_drift.problem || '. Nothing was deleted.', hint = v_drift.cure;
    elsif exists (
        select from unnest(v_columns) as u (name)
        where not exists (
            select from pg_attribute as a where a.attrelid = p_store and a.attname = u.name and not a.attisdropped
        )
    ) then
        return null; -- what is archived has no such column yet, and so names nothing
    end if;
    return pydb_internal.reference_source(
        pydb_internal.relation_name(p_store), v_columns,
        pydb_internal.reference_edge_condition(p_edge, p_is_parent)
    );
end
$$;

comment on function pydb_internal.cascade_copy_source(pydb_internal.reference_edge, boolean, oid) is
'Archived or quarantined rows of the child (p_is_parent: of the parent) of an edge: tableoid, ctid, xmin and its
columns. Null where there can be none that the edge reaches.';

revoke all on function pydb_internal.cascade_copy_source(pydb_internal.reference_edge, boolean, oid) from public;
