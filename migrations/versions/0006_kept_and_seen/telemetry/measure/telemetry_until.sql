-- pydb_internal.telemetry_until (measure; by telemetry_status): up to when a table has partitions without a gap.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_until(p_table regclass, p_now timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := p_now;
    v_part record;
begin
    for v_part in
        select p.lower_bound, p.upper_bound
        from pydb_internal.telemetry_parts(p_table) as p
        where p.upper_bound > p_now
        order by p.lower_bound
    loop
        exit when v_part.lower_bound > v_until;
        v_until := v_part.upper_bound;
    end loop;
    return v_until;
end
$$;

comment on function pydb_internal.telemetry_until(regclass, timestamptz) is
'End of the last partition that can be reached from p_now without a gap; p_now where there is none.';

revoke all on function pydb_internal.telemetry_until(regclass, timestamptz) from public;
