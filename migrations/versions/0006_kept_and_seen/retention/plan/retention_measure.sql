-- pydb_internal.retention_measure (plan; by retention_survey): how many rows of one relation a policy would delete now,
-- how many stay for a reference, and how many because their time cannot be meant.
-- reads the relation and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_measure(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_span boolean,
    p_rule pydb_internal.hold_rule,
    p_said pydb_internal.retention_said,
    out rows_due bigint,
    out rows_blocked bigint,
    out rows_minus_infinity bigint,
    out oldest timestamptz,
    out newest timestamptz,
    out rows_past bigint,
    out rows_future bigint,
    out last_block bigint,
    out rows_held bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_table text := pydb_internal.relation_name(p_relation);
    v_column text := format('t.%I', p_policy.time_column);
    v_all constant text := p_said.expired || p_said.filtered || p_said.ruled_joined;
    v_predicate constant text := v_all || p_rule.free;
    v_due constant record := pydb_internal.retention_due_terms(p_policy, p_relation, p_cutoff, p_said);
    v_indexed constant boolean := pydb_internal.retention_time_index(p_relation, p_policy.time_column) is not null;
    -- what cannot be meant is counted on the way, or where an index tells it or references keep rows by itself
    v_merged constant boolean := not v_due.is_kept and not v_indexed and p_said.ruled_joined = ''
        and p_said.past || p_said.future <> 'falsefalse';
    v_odd constant text[] := array(
        select case
            when not v_merged or u.odd = 'false' then '0::int8' else format('count(*) filter (where %s)', u.odd)
        end
        from unnest(array[p_said.past, p_said.future]) with ordinality as u (odd, ord) order by u.ord
    );
    -- what is held is looked for by itself and taken off: to ask each row would cost what an index spares. A small
    -- relation is read once.
    v_apart constant boolean := p_rule.held is not null and not v_merged and not v_due.is_kept;
    v_once constant boolean := v_apart and not p_span
        and pg_relation_size(p_relation) < 32 * current_setting('block_size')::bigint;
    v_probe constant boolean := p_policy.filter is null and p_said.ruled_joined = '' and not v_due.is_kept
        and v_indexed and p_policy.time_unit <> 'uuidv7';
    v_ends text[];
    v_expired bigint;
    v_last tid;
begin
    rows_minus_infinity := 0;
    if p_span then
        select array_agg(pydb_internal.retention_instant(
            p_policy, pydb_internal.retention_end(p_policy, u.which, v_column)
                || case when v_merged then format(' filter (where %s)', p_said.expired) else '' end
        ) order by u.which desc) into v_ends from unnest(array['min', 'max']) as u (which);
    end if;
    begin
        execute v_due.kept || format(
            'select count(*) - %3$s - %4$s, %1$s, %2$s, %3$s, %4$s, %8$s from only %5$s as t%7$s where %6$s%9$s',
            case when p_span and not v_probe then v_ends[1] else 'null' end,
            case when p_span and not v_probe then v_ends[2] else 'null' end, v_odd[1], v_odd[2], v_table,
            case when v_merged then format(
                '(%s or %s or %s)%s', p_said.expired, p_said.past, p_said.future, p_said.filtered
            ) else v_due.condition end, p_said.joined, case
                when v_once then format('count(*) filter (where %s)', p_rule.held) else '0::int8'
            end, case when v_apart then '' else p_rule.free end
        ) into rows_due, oldest, newest, rows_past, rows_future, rows_held;
        if v_probe and not p_span and rows_due > 0 and pydb_internal.retention_is_ordered(p_policy, p_relation) then
            -- where the newest of them lies, which the index tells at once. A guess is good enough: what lies behind
            -- is walked too if not all that were counted are gone by then
            execute format(
                'select t.ctid from only %s as t where %s order by %s desc limit 1', v_table, v_all, v_column
            ) into v_last;
            last_block := (v_last::text::point)[0]::bigint;
        end if;
        rows_blocked := 0;
        if v_due.is_kept then
            execute format(
                'select count(*) from only %s as t%s where %s', v_table, p_said.joined, v_predicate
            ) into v_expired;
            rows_blocked := v_expired - rows_due;
        end if;
        if p_rule.held is not null and not v_once and (rows_due > 0 or not v_apart) then
            execute format(
                'select count(*) from only %s as t%s where %s and (%s)', v_table, p_said.joined, v_all, p_rule.held
            ) into rows_held;
        end if;
        rows_due := rows_due - case when v_apart then rows_held else 0 end;
        if not v_merged then
            execute format(
                'select (select count(*) from only %1$s as t where %2$s%4$s),
                    (select count(*) from only %1$s as t where %3$s%4$s)',
                v_table, p_said.past, p_said.future, p_said.filtered
            ) into rows_past, rows_future;
        end if;
        if p_span and v_probe then
            -- the ends of the index tell the ends of the time span: no second scan
            execute format(
                'select (select %s from only %s as t where %s), (select %s from only %2$s as t where %3$s)',
                v_ends[1], v_table, v_predicate, v_ends[2]
            ) into oldest, newest;
        end if;
        if p_span and pydb_internal.retention_has_infinity(p_policy) and not p_policy.expire_minus_infinity then
            execute format('select count(*) from only %s as t where %s = ''-infinity''', v_table, v_column)
                into rows_minus_infinity;
        end if;
        perform pydb_internal.retention_undo();
    exception when sqlstate 'YD902' then
        null; -- the locks on this relation and its indexes are gone, what was counted is not
    end;
end
$$;

comment on function pydb_internal.retention_measure(
    pydb.retention_policy, oid, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
) is
'Counts of one relation: rows that would go, rows that stay because others reference them, rows that a hold keeps
(rows_held), rows whose time cannot be meant (rows_past before 1980, rows_future a number beyond a century ahead), rows
at -infinity that the policy leaves, (p_span only) the oldest and newest time among the rows that would go, and (a run,
where rows lie in the order of their time) the block of the newest of them. p_rule: what holds say of
the table of the policy, asked once for all of its relations, as p_said: what the policy says.';

revoke all on function pydb_internal.retention_measure(
    pydb.retention_policy, oid, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
) from public;
