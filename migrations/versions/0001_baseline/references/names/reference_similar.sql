-- pydb_internal.reference_similar (names): the names of references most like one that does not exist, as a sentence for
-- a message.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_similar(p_name text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with name (name) as (
        select pydb_internal.relation_name(k.conrelid) || '.' || quote_ident(k.conname)
        from pg_catalog.pg_constraint as k
        where k.contype = 'f' and k.conparentid = 0
        union
        select r.name from pydb.reference as r
    ),

    wanted (trigram) as (
        select distinct substr(lower(p_name), g.place, 3) from generate_series(1, length(p_name) - 2) as g (place)
    ),

    nearest as (
        select
            n.name, (select count(*) from wanted as w where position(w.trigram in lower(n.name)) > 0) as shared
        from name as n
        where exists (select 1 from wanted as w where position(w.trigram in lower(n.name)) > 0)
        order by shared desc, length(n.name), n.name
        limit 5
    )

    select coalesce('Near: ' || string_agg(n.name, ', ' order by n.shared desc, n.name) || '.', 'No name is like it.')
    from nearest as n
    where n.shared * 2 >= (select count(*) from wanted as w)
$$;

comment on function pydb_internal.reference_similar(text) is
'"Near: ..." with up to five names of references that share most with the one given.';

revoke all on function pydb_internal.reference_similar(text) from public;
