-- pydb_internal.retention_check_values (time; by retention_policy_vet): warn of rows whose time cannot be meant and
-- which the policy will leave.
-- reads the target, 100,000 rows at most   writes nothing   locks nothing above a select
-- raises nothing; warns YD117
create or replace function pydb_internal.retention_check_values(p_policy pydb.retention_policy, p_now timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_say constant record := pydb_internal.retention_expiry(
        p_policy, pydb_internal.retention_keep_cutoff(p_policy, p_now), 't'
    );
    v_leaf oid;
    v_budget bigint := 100000;
    v_past bigint := 0;
    v_future bigint := 0;
    v_seen bigint[];
    v_warning record;
begin
    if v_say.past = 'false' and v_say.future = 'false' then
        return;
    end if;
    for v_leaf in
        select l.relation from pydb_internal.retention_leaves(p_policy.target) as l where not l.foreign_table
    loop
        begin
            execute format(
                'select array[count(*) filter (where s.is_past), count(*) filter (where s.is_future), count(*)]
                from (
                    select %1$s%3$s as is_past, %2$s%3$s as is_future from only %4$s as t where %5$s limit %6$s
                ) as s',
                v_say.past, v_say.future, v_say.filtered, pydb_internal.relation_name(v_leaf), case
                    when pydb_internal.retention_time_index(v_leaf, p_policy.time_column) is not null
                        then format('%s or %s', v_say.past, v_say.future)
                    else 'true'
                end, v_budget
            ) into v_seen;
            perform pydb_internal.retention_undo();
        exception when sqlstate 'YD902' then
            null; -- as in retention_measure
        end;
        v_past := v_past + v_seen[1];
        v_future := v_future + v_seen[2];
        v_budget := v_budget - v_seen[3];
        exit when v_budget <= 0;
    end loop;
    for v_warning in
        select w.* from unnest(pydb_internal.retention_implausible_warnings(p_policy, v_past, v_future)) as w
    loop
        raise warning using errcode = 'YD117', message = format('policy %s: %s', p_policy.name, v_warning.said),
            hint = format('select * from %s as t where %s limit 10;', pydb_internal.relation_name(p_policy.target),
                case v_warning.code when 'implausible_past' then v_say.past else v_say.future end);
    end loop;
end
$$;

comment on function pydb_internal.retention_check_values(pydb.retention_policy, timestamptz) is
'Warns (YD117) of rows before 1980 and of numbers beyond a century ahead, through the index on the time column where
there is one, else among the first 100 000 rows; every plan and run counts them all.';

revoke all on function pydb_internal.retention_check_values(pydb.retention_policy, timestamptz) from public;
