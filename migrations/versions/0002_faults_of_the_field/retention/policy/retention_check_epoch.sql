-- pydb_internal.retention_check_epoch (policy; by retention_policy_vet): refuse a declared epoch unit that makes
-- nonsense of the rows that are there.
-- reads the first rows of the target   writes nothing   locks nothing above a select
-- raises YD102
create or replace function pydb_internal.retention_check_epoch(
    p_relation regclass,
    p_column name,
    p_unit text,
    p_now timestamptz
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_unit bigint := case p_unit when 's' then 1 when 'ms' then 1000 else 1000000 end;
    v_odd bigint;
    v_seen bigint;
begin
    execute format(
        'select count(*) filter (where s.v / %2$s < 315532800 or s.v / %2$s > %3$s), count(*)
        from (select t.%1$I::bigint as v from %4$s as t where t.%1$I is not null limit 10000) as s',
        p_column, v_unit, extract(epoch from p_now + interval '400 days')::bigint,
            pydb_internal.relation_name(p_relation)
    ) into v_odd, v_seen;
    -- an expiry far ahead is common, a tenth of all rows before 1980 or in the far future is a wrong unit
    if v_odd * 10 > v_seen then
        raise exception using errcode = 'YD102',
            message = format('p_time_unit %L does not fit the values of %I', p_unit, p_column),
            detail = format('%s of the %s rows looked at would lie before 1980 or over a year ahead.', v_odd, v_seen),
            hint = 'The unit is how many of it make a second: ''s'' 1, ''ms'' 1000, ''us'' 1000000.';
    end if;
end
$$;

comment on function pydb_internal.retention_check_epoch(regclass, name, text, timestamptz) is
'Raises YD102 if more than a tenth of the rows looked at (10 000 at most) lie before 1980 or over a year ahead.';

revoke all on function pydb_internal.retention_check_epoch(regclass, name, text, timestamptz) from public;
