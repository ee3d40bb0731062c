-- pydb_internal.orphan_apply (repair): delete, blank or quarantine the rows of one relation that meet a condition: the
-- only place.
-- writes the child, pydb.orphan_quarantine   locks the rows it changes
-- raises YD901
create or replace function pydb_internal.orphan_apply(
    p_edge pydb_internal.reference_edge,
    p_mode text,
    p_relation oid,
    p_condition text,
    p_run_id bigint
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
    v_table constant text := pydb_internal.relation_name(p_relation);
    v_tids tid[];
    v_statement text;
    v_ours text[];
    v_names text;
    v_values text;
    v_rows jsonb[];
    v_gone bigint;
    v_kept bigint;
begin
    -- The condition is read under our settings, triggers run under theirs: so in two statements. A row that somebody
    -- changes in between has another place, and stays for the next look.
    execute format('select array(select t.ctid from only %s as t where %s)', v_table, p_condition) into v_tids;
    p_condition := 't.ctid operator(pg_catalog.=) any($1) and coalesce(t.ctid operator(pg_catalog.=) any($1), false)';
    if p_mode <> 'quarantine' then
        v_statement := case p_mode
            when 'delete' then format('/* pydb */ delete from only %s as t where %s', v_table, p_condition)
            else format('/* pydb */ update only %s as t set %s where %s', v_table, (
                select string_agg(format('%I = null', u.name), ', ')
                from unnest(pydb_internal.orphan_set_columns(p_edge)) as u (name)
            ), p_condition) end;
        v_ours := pydb_internal.application_enter();
        execute v_statement using v_tids;
        get diagnostics v_gone = row_count;
        perform pydb_internal.application_leave(v_ours);
        return v_gone;
    end if;
    -- each value as its type writes it, which is what it reads back exactly; a row value of nulls is not null
    select string_agg(quote_literal(a.attname), ', ' order by a.attnum),
        string_agg(format(
            'case when pg_catalog.num_nulls(t.%1$I) operator(pg_catalog.=) 0 then pg_catalog.concat(t.%1$I) end',
            a.attname
        ), ', ' order by a.attnum)
    into v_names, v_values
    from pg_attribute as a
    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped;
    v_statement := format(
        '/* pydb */ with gone as (
            delete from only %s as t where %s
            returning pg_catalog.jsonb_object(array[%s], array[%s]) as content
        )
        select pg_catalog.count(*), pg_catalog.array_agg(g.content) from gone as g',
        v_table, p_condition, v_names, v_values
    );
    v_ours := pydb_internal.application_enter(true);
    execute v_statement into v_gone, v_rows using v_tids;
    perform pydb_internal.application_leave(v_ours);
    v_kept := pydb_internal.orphan_quarantine_store(p_run_id, p_relation, v_rows);
    if v_gone <> v_kept then
        raise exception using errcode = 'YD901', message = 'not every row that was taken out was kept',
            detail = format('%s were taken out of %s, %s were kept.', v_gone, v_table, v_kept),
            hint = 'Look for triggers and rules on pydb.orphan_quarantine.';
    end if;
    return v_gone;
end
$$;

comment on function pydb_internal.orphan_apply(pydb_internal.reference_edge, text, oid, text, bigint) is
'Applies a mode to the rows of one relation that meet a condition over alias t; returns how many. Quarantine takes them
out and keeps them in one transaction.';

revoke all on function pydb_internal.orphan_apply(pydb_internal.reference_edge, text, oid, text, bigint) from public;
