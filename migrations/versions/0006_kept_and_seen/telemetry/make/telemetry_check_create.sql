-- pydb_internal.telemetry_check_create (make; by telemetry_create): refuse what cannot be made.
-- reads the catalog, pydb.telemetry   writes nothing   locks nothing
-- raises YD040
create or replace function pydb_internal.telemetry_check_create(p_telemetry pydb.telemetry, p_keeps interval[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := p_telemetry.name;
    v_known constant pydb.telemetry := (select t from pydb.telemetry as t where t.name = v_name);
    v_taken text;
    v_problem text;
begin
    select string_agg(format('%I.%I', v_name, c.relname), ', ') into v_taken
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = v_name and c.relname in (
        'request_telemetry', 'audit_event', 'job_telemetry', 'recent_error', 'slowest_route', 'failed_job',
        'privileged_mutation'
    ) and (v_known is null or c.relkind not in ('p', 'v'));
    v_problem := case
        when v_name is null or v_name = '' then 'p_schema is null or empty'
        -- the names of policies begin with it
        when octet_length(v_name) > 40 then format('p_schema has %s bytes, more than 40', octet_length(v_name))
        when v_name ~ '^pg_' or v_name in ('pydb', 'pydb_internal', 'pydb_archive', 'information_schema')
            then format('schema %I belongs to the server or to pydb', v_name)
        when v_taken is not null then format('there is already: %s', v_taken)
        when array_position(p_keeps, null) is not null or interval '1 day' > any(p_keeps)
            then 'p_request_keep, p_audit_keep and p_job_keep are at least a day'
        when num_nulls(
            p_telemetry.baseline_window, p_telemetry.max_error_share, p_telemetry.max_p95,
            p_telemetry.max_failed_share, p_telemetry.min_rows
        ) > 0 then 'a baseline is null'
        when p_telemetry.baseline_window not between interval '1 minute' and interval '1 day'
            then 'p_baseline_window is 1 minute to 1 day'
        when least(p_telemetry.max_error_share, p_telemetry.max_failed_share) < 0
            or greatest(p_telemetry.max_error_share, p_telemetry.max_failed_share) > 1
            then 'p_max_error_share and p_max_failed_share are 0 to 1'
        when p_telemetry.max_p95 <= interval '0' or p_telemetry.min_rows < 1
            then 'p_max_p95 and p_min_rows are positive'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD040',
            message = format('telemetry cannot be made in schema %s', coalesce(quote_ident(v_name), 'null')),
            detail = v_problem || '.', hint = 'select pydb.telemetry_create(''telemetry'');';
    end if;
end
$$;

comment on function pydb_internal.telemetry_check_create(pydb.telemetry, interval[]) is
'Raises YD040 for a name or a bound that cannot be, and where something else has the name of a table or view of it.';

revoke all on function pydb_internal.telemetry_check_create(pydb.telemetry, interval[]) from public;
