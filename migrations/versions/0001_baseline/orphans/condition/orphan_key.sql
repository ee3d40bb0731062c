-- pydb_internal.orphan_key (condition): the statement that declares a reference on a relation as a foreign key.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_key(p_edge pydb_internal.reference_edge, p_relation oid, p_name text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return format(
        'alter table %s add constraint %I foreign key (%s) references %s (%s)%s on delete %s',
        pydb_internal.relation_name(p_relation), p_name,
        (select string_agg(quote_ident(u.n), ', ' order by u.o) from unnest(p_edge.child_columns)
            with ordinality as u (n, o)),
        pydb_internal.relation_name(p_edge.parent),
        (select string_agg(quote_ident(u.n), ', ' order by u.o) from unnest(p_edge.parent_columns)
            with ordinality as u (n, o)),
        case when p_edge.is_match_full then ' match full' else '' end,
        case p_edge.on_delete
            when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict'
            else 'no action'
        end
    );
end
$$;

comment on function pydb_internal.orphan_key(pydb_internal.reference_edge, oid, text) is
'ALTER TABLE … ADD CONSTRAINT of a reference, with its action on delete.';

revoke all on function pydb_internal.orphan_key(pydb_internal.reference_edge, oid, text) from public;
