-- pydb_internal.retention_end (condition): SQL text for the least or greatest value of the time column among some rows.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_end(p_policy pydb.retention_policy, p_end text, p_column text)
returns text
language plpgsql -- as pydb_internal.retention_has_infinity
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- most versions have no least uuid; as text they sort alike
    return format(
        case p_policy.time_unit when 'uuidv7' then 'pg_catalog.%s(%s::pg_catalog.text collate pg_catalog."C")'
        else 'pg_catalog.%s(%s)' end, p_end, p_column
    );
end
$$;

comment on function pydb_internal.retention_end(pydb.retention_policy, text, text) is
'min or max (p_end) over a column of the policy''s time: a call of the aggregate as SQL text.';

revoke all on function pydb_internal.retention_end(pydb.retention_policy, text, text) from public;
