-- pydb_internal.reference_edges (graph): references as edges, declared and logical: those that point at a relation, or
-- all of them.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_edges(p_parent oid default null)
returns setof pydb_internal.reference_edge
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line oid[];
begin
    if p_parent is not null then
        -- a partition's rows are referenced through the keys of the tables above it as well
        v_line := p_parent || array(select a.relid::oid from pg_partition_ancestors(p_parent) as a);
        -- most tables nothing references: a key depends on the columns that it references
        if not exists (
            select from pg_depend as d
            where d.refclassid = 'pg_class'::regclass and d.refobjid = any(v_line)
                and d.classid = 'pg_constraint'::regclass and d.deptype = 'n'
        ) and not exists (select from pydb_internal.reference_logical(v_line, null) as r)
        then
            return;
        end if;
    end if;
    return query select r.* from pydb_internal.reference_edges_among(v_line) as r;
end
$$;

comment on function pydb_internal.reference_edges(oid) is
'References that point at a relation (also at a partitioned table above it), or all where p_parent is null: one row a
reference as somebody declared it, foreign keys and pydb.reference alike.';

revoke all on function pydb_internal.reference_edges(oid) from public;
