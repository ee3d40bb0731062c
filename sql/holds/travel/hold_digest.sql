-- pydb_internal.hold_digest (travel): what a hold names, as a digest: two holds can be compared by it, and no value of
-- theirs can be read.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_digest(p_hold pydb.hold)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select encode(sha256(convert_to(jsonb_build_array(
        p_hold.kind, p_hold.relation_name, p_hold.key_columns, p_hold.key_values, p_hold.filter
    )::text, 'UTF8')), 'hex');
$$;

comment on function pydb_internal.hold_digest(pydb.hold) is
'SHA-256 of kind, table, columns, values and filter of a hold, in hex.';

revoke all on function pydb_internal.hold_digest(pydb.hold) from public;
