-- pydb_internal.cascade_execute (delete): do what a walk found, in one statement: set what is to be set and delete all
-- else.
-- writes the relations of the walk, their archives   locks them (row exclusive) and the rows
-- raises YD304 YD601 YD602 YD603, and what the statement raises
create or replace function pydb_internal.cascade_execute(
    p_walk pydb_internal.cascade_closure,
    p_archive bigint default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set jit = off
as $$
declare
    v_gone pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts);
    v_set pydb_internal.cascade_rows[] := pydb_internal.cascade_rows_to_set(p_walk, v_gone);
    v_gone_at record := pydb_internal.cascade_places(v_gone, '$1');
    v_set_at record := pydb_internal.cascade_places(v_set, '$2');
    v_updates text[] := pydb_internal.cascade_update_statements(p_walk, v_set, v_set_at.places);
    v_deletes text[];
    v_before jsonb;
    v_kept jsonb;
    v_count text;
    v_rows bigint;
    v_planned bigint;
    v_statement text;
    v_ours text[];
begin
    perform pydb_internal.cascade_check_held(p_walk);
    if p_archive is not null then
        perform pydb_internal.archive_open(p_archive, array(select g.relation from unnest(v_gone) as g));
        v_before := pydb_internal.cascade_deleted_counts(p_walk);
        v_kept := pydb_internal.archive_inserted(p_archive);
    end if;
    v_deletes := pydb_internal.cascade_deletes(p_walk, v_gone, v_gone_at.places, p_archive);
    select count(distinct (s.relation, u.tid)) into v_planned
    from unnest(v_set) as s
    cross join lateral unnest(s.tids) as u (tid);
    select format('select pg_catalog.sum(c.n) from (values %s) as c (n)', string_agg(
        format('((select pg_catalog.count(*) from u%s))', g.n), ', '
    )) into v_count
    from generate_series(1, cardinality(v_updates)) as g (n);
    -- one statement for all tables: keys are checked when it has ended, so neither order nor circles matter
    v_statement := (
        select '/* pydb */ with ' || string_agg(u.query, ', ' order by u.ord) || ' ' || case
            when v_updates = '{}' then 'select 0' else v_count end
        from (
            select d.ordinality as ord, d.query
            from unnest(v_deletes) with ordinality as d (query)
            union all
            select -1 / c.ordinality::numeric, format('u%s as (%s returning 1)', c.ordinality, c.query)
            from unnest(v_updates) with ordinality as c (query)
        ) as u
    );
    v_ours := pydb_internal.application_enter();
    execute v_statement into v_rows using v_gone_at.large, v_set_at.large;
    perform pydb_internal.application_leave(v_ours);
    perform pydb_internal.cascade_check_edges(p_walk);
    if v_rows <> v_planned then
        raise exception using errcode = 'YD304', message = 'rows changed while the cascade ran',
            detail = format('%s were updated, %s planned.', pydb_internal.rows_text(v_rows), v_planned)
                || coalesce(' Triggers ran: ' || pydb_internal.cascade_trigger_names(p_walk) || '.', ''),
            hint = 'Nothing was changed. Run it again.';
    end if;
    perform pydb_internal.application_constraints();
    if p_archive is not null then
        perform pydb_internal.archive_balance(p_archive, v_kept, (
            select coalesce(sum(e.value::bigint - coalesce((v_before ->> e.key)::bigint, 0)), 0)::bigint
            from jsonb_each_text(pydb_internal.cascade_deleted_counts(p_walk)) as e
        ));
    end if;
end
$$;

comment on function pydb_internal.cascade_execute(pydb_internal.cascade_closure, bigint) is
'Sets and deletes the rows of a walk in the caller''s transaction. Deferred keys are checked before it returns.
p_archive: run that keeps what goes in archives; YD603 where a trigger deletes more than it.';

revoke all on function pydb_internal.cascade_execute(pydb_internal.cascade_closure, bigint) from public;
