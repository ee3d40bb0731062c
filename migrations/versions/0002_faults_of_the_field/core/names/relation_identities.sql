-- pydb_internal.relation_identities (names; by relation_publications): the indexes of a table that can be its replica
-- identity, as the server sees it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_identities(p_relation oid)
returns table (index name, columns name[], is_primary boolean, is_chosen boolean, is_eligible boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        c.relname,
        array(select a.attname from pg_attribute as a where a.attrelid = p_relation and a.attnum = any(i.indkey)),
        i.indisprimary, i.indisreplident,
        i.indexprs is null and not exists (
            select from pg_attribute as a
            where a.attrelid = p_relation and a.attnum = any(i.indkey) and not a.attnotnull
        )
    from pg_index as i
    inner join pg_class as c on c.oid = i.indexrelid
    where i.indrelid = p_relation and i.indislive and i.indisvalid and i.indisunique and i.indimmediate
        and i.indpred is null;
$$;

comment on function pydb_internal.relation_identities(oid) is
'Unique, valid, immediate, whole indexes of a table, with their columns; is_chosen = by REPLICA IDENTITY USING INDEX,
is_eligible = could be.';

revoke all on function pydb_internal.relation_identities(oid) from public;
