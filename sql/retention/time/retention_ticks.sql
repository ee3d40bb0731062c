-- pydb_internal.retention_ticks (time): how many ticks of a unit make a second.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_ticks(p_unit text)
returns bigint
language plpgsql -- as pydb_internal.retention_has_infinity
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case p_unit
        when 's' then 1 when 'ms' then 1000 when 'us' then 1000000 when 'ns' then 1000000000 when 'uuidv7' then 1000
    end;
end
$$;

comment on function pydb_internal.retention_ticks(text) is
'Ticks a second of s, ms, us, ns and uuidv7 (which counts milliseconds); null for the units of calendar types.';

revoke all on function pydb_internal.retention_ticks(text) from public;
