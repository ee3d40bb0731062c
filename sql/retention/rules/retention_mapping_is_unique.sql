-- pydb_internal.retention_mapping_is_unique (rules; by retention_mapping_problem): whether the mapping table of a
-- policy has one row a key.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_mapping_is_unique(p_policy pydb.retention_policy)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant smallint[] := pydb_internal.column_numbers(p_policy.keep_table, p_policy.keep_key);
begin
    return exists (
        select from pg_index as i
        where i.indrelid = p_policy.keep_table and i.indisunique and i.indisvalid and i.indpred is null
            and i.indexprs is null and i.indnkeyatts = cardinality(v_key)
            and v_key <@ (i.indkey::smallint[])[0:i.indnkeyatts - 1]
            and v_key @> (i.indkey::smallint[])[0:i.indnkeyatts - 1]
            and not exists ( -- unique by another collation, several keys may be one to the column's own
                select from unnest(i.indkey::smallint[], i.indcollation::oid[]) as u (attnum, said)
                inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = u.attnum
                inner join pg_collation as c on c.oid = a.attcollation and not c.collisdeterministic
                where u.said <> a.attcollation
            )
    );
end
$$;

comment on function pydb_internal.retention_mapping_is_unique(pydb.retention_policy) is
'True where a valid unique index, of all rows, has just the columns of keep_key and compares as they do.';

revoke all on function pydb_internal.retention_mapping_is_unique(pydb.retention_policy) from public;
