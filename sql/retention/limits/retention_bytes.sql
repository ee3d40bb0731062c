-- pydb_internal.retention_bytes (limits): an amount of WAL as it was written, in bytes.
-- reads nothing   writes nothing   locks nothing
-- raises YD109
create or replace function pydb_internal.retention_bytes(p_argument text, p_text text)
returns bigint
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bytes bigint;
begin
    begin
        v_bytes := pg_size_bytes(p_text);
    exception when data_exception then
        v_bytes := 0;
    end;
    if v_bytes <= 0 then
        raise exception using errcode = 'YD109', message = format('%s is out of bounds', p_argument),
            detail = format('%s is %L: an amount of WAL above 0.', p_argument, p_text),
            hint = format('%s => ''1 GB''', p_argument);
    end if;
    return v_bytes;
end
$$;

comment on function pydb_internal.retention_bytes(text, text) is
'Bytes of an amount such as 1 GB, 500 MB or 1000000, or YD109, which names the argument.';

revoke all on function pydb_internal.retention_bytes(text, text) from public;
