-- pydb_internal.hold_relation (condition): the table of a hold: by its number, or, where that table is gone, by its
-- name.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_relation(p_hold pydb.hold)
returns oid
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(
            -- after a restore from a dump the number of one that is gone may be that of an index, or whatever
            (select c.oid from pg_class as c where c.oid = p_hold.relation and c.relkind in ('r', 'p', 'f')),
            -- dropped and made again: what is held has its name
            to_regclass(p_hold.relation_name)::oid
        )
    );
end
$$;

comment on function pydb_internal.hold_relation(pydb.hold) is 'Oid of the table that a hold names; null = it is gone.';

revoke all on function pydb_internal.hold_relation(pydb.hold) from public;
