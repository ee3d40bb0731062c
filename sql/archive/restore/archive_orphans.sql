-- pydb_internal.archive_orphans (restore; by archive_sieve): archived rows whose parent is gone, and does not come back
-- with them.
-- reads the parents, the archives, the catalog   writes nothing   locks nothing above a select
-- raises YD005
create or replace function pydb_internal.archive_orphans(p_parts pydb_internal.archive_part[], p_number integer)
returns setof pydb_internal.archive_found
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_part constant pydb_internal.archive_part := p_parts[p_number];
    v_edge pydb_internal.reference_edge;
    v_with text;
begin
    for v_edge in
        select e.*
        from (
            select distinct k.confrelid from pg_constraint as k where k.contype = 'f' and k.conrelid = v_part.source
        ) as f
        cross join lateral pydb_internal.reference_edges_among(array[f.confrelid]) as e
        where e.child = v_part.source and e.is_enforced
            and e.child_columns <@ array(select s.name from pydb_internal.archive_columns(v_part.archive) as s)
    loop
        -- a parent of the same statement is as good as one that is there
        select string_agg(format(
            ' and not exists (select 1 from %s as p where %s and %s)',
            pydb_internal.relation_name((p_parts[u.n]).archive),
            pydb_internal.archive_condition(p_parts[u.n], u.n, 'p'),
            pydb_internal.reference_match(v_edge, 'a', 'p')
        ), '') into v_with
        from generate_subscripts(p_parts, 1) as u (n)
        where (p_parts[u.n]).source = pydb_internal.archive_top(v_edge.parent);
        return query execute format(
            'select a.ctid, $2 from %s as a where %s and %s and not exists (select 1 from %s as p where %s)%s',
            pydb_internal.relation_name(v_part.archive), pydb_internal.archive_condition(v_part, p_number), (
                select string_agg(format('a.%I is not null', u.name), ' and ')
                from unnest(v_edge.child_columns) as u (name)
            ), pydb_internal.relation_source(v_edge.parent), pydb_internal.reference_match(v_edge, 'a', 'p'),
            coalesce(v_with, '')
        ) using p_parts, v_edge.reference;
    end loop;
end
$$;

comment on function pydb_internal.archive_orphans(pydb_internal.archive_part[], integer) is
'Places in the archive of rows of a part whose parent is neither in its table nor among the rows of these parts; what:
the foreign key. Keys that the server does not enforce are not asked.';

revoke all on function pydb_internal.archive_orphans(pydb_internal.archive_part[], integer) from public;
