-- pydb_internal.telemetry_extend (make): make the partitions of a table that come next.
-- reads the catalog, the default partition, settings   writes nothing   locks the table (share update exclusive),
-- its default partition (access exclusive)
-- raises YD040, and what the server raises
create or replace function pydb_internal.telemetry_extend(p_table regclass, p_unit text, p_now timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
set lock_timeout = '2s'
as $$
declare
    v_until constant timestamptz := p_now + pydb_internal.setting_get(p_name => 'telemetry_ahead')::interval;
    v_from timestamptz := date_trunc(p_unit, p_now);
    v_to timestamptz;
    v_covered timestamptz;
    v_top pg_class;
    v_default regclass;
    v_problem constant text := pydb_internal.telemetry_problem(p_table);
    v_name text;
    v_is_taken boolean;
    v_made integer := 0;
begin
    if v_problem is not null then
        raise exception using errcode = 'YD040', message = format('partitions of %s are not made', p_table),
            detail = format('%s, which would run as %I.', v_problem, current_user),
            hint = format('set role %I; -- its owner, and call it again', (
                select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = p_table
            ));
    end if;
    -- one after the other: who comes second finds what the first has made
    execute format('lock table %s in share update exclusive mode', p_table);
    select c.* into strict v_top from pg_class as c where c.oid = p_table;
    v_default := (
        select p.partition::regclass from pydb_internal.telemetry_parts(p_table) as p where p.lower_bound is null
    );
    while v_from < v_until loop
        v_to := date_trunc(p_unit, v_from) + format('1 %s', p_unit)::interval;
        select
            max(p.upper_bound) filter (where p.lower_bound <= v_from and p.upper_bound > v_from),
            least(v_to, min(p.lower_bound) filter (where p.lower_bound > v_from))
        into v_covered, v_to
        from pydb_internal.telemetry_parts(p_table) as p;
        v_is_taken := v_covered is not null;
        if not v_is_taken and v_default is not null then
            -- rows that are in the default partition stay there, and the time that they are of with them
            execute format(
                'select exists (select from %s as t where t.recorded_at >= %L and t.recorded_at < %L)',
                v_default, v_from, v_to
            ) into v_is_taken;
        end if;
        if not v_is_taken then
            v_name := format(
                '%I.%I', (select n.nspname from pg_namespace as n where n.oid = v_top.relnamespace),
                left(v_top.relname, 50) || to_char(v_from, '_YYYYMMDD')
            );
            execute format('create table %s (like %s including all)', v_name, p_table);
            execute format('alter table %s owner to %I', v_name, pg_get_userbyid(v_top.relowner));
            -- attached, for one that is created as a partition locks out who writes to the table
            execute format(
                'alter table %s attach partition %s for values from (%L) to (%L)', p_table, v_name, v_from, v_to
            );
            v_made := v_made + 1;
        end if;
        v_from := coalesce(v_covered, v_to);
    end loop;
    return v_made;
end
$$;

comment on function pydb_internal.telemetry_extend(regclass, text, timestamptz) is
'Makes the partitions of a table by p_unit (day or month, UTC) that are missing from p_now until telemetry_ahead after
it, and returns how many these were. Their owner is that of the table.';

revoke all on function pydb_internal.telemetry_extend(regclass, text, timestamptz) from public;
