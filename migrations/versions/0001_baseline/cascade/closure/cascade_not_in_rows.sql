-- pydb_internal.cascade_not_in_rows (closure): SQL condition that a row is in none of some parts, which a parameter
-- holds.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_not_in_rows(
    p_parts pydb_internal.cascade_rows[],
    p_relation text,
    p_tid text,
    p_parameter text
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when cardinality(p_parts) > 10 then
        -- so many relations are one hash table, as each of them would be tried for each row
        format(
            '(%s, %s) not in (
                select s.relation, u.tid from unnest(%s) as s cross join lateral unnest(s.tids) as u (tid)
            )', p_relation, p_tid, p_parameter
        )
    else coalesce((
        -- the server makes a constant of the parameter, and a hash table of a constant array: one look a row
        select string_agg(
            format(
                'not (%s = %s and %s = any((%s[%s]).tids))', p_relation, s.relation, p_tid, p_parameter, s.ordinality
            ), ' and ' order by s.ordinality
        )
        from unnest(p_parts) with ordinality as s
    ), 'true') end;
$$;

comment on function pydb_internal.cascade_not_in_rows(pydb_internal.cascade_rows[], text, text, text) is
'Condition over the SQL expressions p_relation (oid) and p_tid (ctid) of a row, against the parts of p_parameter ($n).';

revoke all on function pydb_internal.cascade_not_in_rows(pydb_internal.cascade_rows[], text, text, text) from public;
