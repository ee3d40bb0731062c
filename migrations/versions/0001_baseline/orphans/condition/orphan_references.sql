-- pydb_internal.orphan_references (condition): every reference there is: what can be followed, and logical ones whose
-- table is gone.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_references(p_reference text default null)
returns table (reference text, kind text, child text, parent text, parent_id oid, on_delete text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        e.reference, e.kind,
        format('%s (%s)', pydb_internal.relation_name(e.child), (
            select string_agg(quote_ident(u.name), ', ' order by u.ord)
            from unnest(e.child_columns) with ordinality as u (name, ord)
        )),
        format('%s (%s)', pydb_internal.relation_name(e.parent), (
            select string_agg(quote_ident(u.name), ', ' order by u.ord)
            from unnest(e.parent_columns) with ordinality as u (name, ord)
        )),
        e.parent, case e.on_delete
            when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict'
            else 'no action'
        end
    from pydb_internal.reference_edges() as e
    where p_reference is null or e.reference = p_reference
    union all
    select
        r.name, 'logical', format('%s (%s)', r.child_name, array_to_string(r.child_columns, ', ')),
        format('%s (%s)', r.parent_name, array_to_string(r.parent_columns, ', ')), null, r.on_delete
    from pydb.reference as r
    where (p_reference is null or r.name = p_reference)
        and not exists (select 1 from pydb_internal.reference_edges(r.parent) as e where e.reference = r.name);
end
$$;

comment on function pydb_internal.orphan_references(text) is
'All references, or the one of that name: name, kind, both sides as text, and the action on delete. parent_id is null
where the table or a column of a logical reference is gone.';

revoke all on function pydb_internal.orphan_references(text) from public;
