-- pydb_internal.orphan_check_call (condition): refuse bounds of a scan or a repair that make no sense.
-- reads nothing   writes nothing   locks nothing
-- raises YD001
create or replace function pydb_internal.orphan_check_call(p_max_runtime interval, p_min_age interval, p_count bigint)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_max_runtime <= interval '0' or p_min_age < interval '0' or p_count < 0 then
        raise exception using errcode = 'YD001',
            message = 'p_max_runtime must be positive, p_min_age and the number of rows must not be negative',
            detail = concat_ws(
                ', ', 'p_max_runtime ' || p_max_runtime, 'p_min_age ' || p_min_age, 'rows ' || p_count
            ),
            hint = 'Leave the argument out for its default.';
    end if;
end
$$;

comment on function pydb_internal.orphan_check_call(interval, interval, bigint) is
'Raises YD001 for a runtime that is not positive, or a negative age or number of rows.';

revoke all on function pydb_internal.orphan_check_call(interval, interval, bigint) from public;
