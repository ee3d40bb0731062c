-- pydb_internal.archive_put (restore): move the rows of some parts from their archives to their tables, in one
-- statement.
-- writes the tables, the archives   locks what it writes
-- raises YD005 YD015 YD605, and what the insert raises
create or replace function pydb_internal.archive_put(p_parts pydb_internal.archive_part[])
returns bigint[]
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_with text;
    v_put text[];
    v_statement text;
    v_done bigint[];
    v_rows bigint;
    v_wanted bigint[] := array(
        select coalesce(cardinality(u.tids), u.rows) - cardinality(u.kept) from unnest(p_parts) as u
    );
    v_ours text[];
begin
    select
        string_agg(format(
            'b%s as (delete from %s as a where %s returning %s)', u.n,
            pydb_internal.relation_name((p_parts[u.n]).archive),
            pydb_internal.archive_condition(p_parts[u.n], u.n), c.taken
        ), ', ' order by u.n),
        array_agg(format(
            'insert into %s (%s) overriding system value select %s from b%s as g',
            pydb_internal.relation_name((p_parts[u.n]).source), c.names, c.given, u.n
        ) order by u.n)
    into v_with, v_put
    from generate_subscripts(p_parts, 1) as u (n)
    cross join lateral (
        select
            string_agg(format('%I', s.name), ', ' order by s.place) as names,
            string_agg(format('a.%I', s.name), ', ' order by s.place) as taken,
            string_agg(format('g.%I', s.name), ', ' order by s.place) as given
        from pydb_internal.archive_columns((p_parts[u.n]).source) as s
        inner join pydb_internal.archive_columns((p_parts[u.n]).archive) as k on k.name = s.name
        where not s.is_computed
    ) as c;
    v_statement := '/* pydb */ with ' || v_with || case cardinality(p_parts) when 1 then ' ' || v_put[1] else (
        select string_agg(format(', i%s as (%s returning 1)', u.n, v_put[u.n]), '' order by u.n)
            || ' select array[' || string_agg(format(
                '(select pg_catalog.count(*) from i%s)', u.n
            ), ', ' order by u.n) || ']'
        from generate_subscripts(v_put, 1) as u (n)
    ) end;
    if (p_parts[1]).run_id is not null then -- an import has its own, or none
        perform pydb_internal.application_pin((
            select a.search_path from pydb.archive_run as a
            where (a.run_id, a.archive) = ((p_parts[1]).run_id, (p_parts[1]).archive)
        ), (p_parts[1]).source);
    end if;
    v_ours := pydb_internal.application_enter();
    if cardinality(p_parts) = 1 then
        execute v_statement using p_parts;
        get diagnostics v_rows = row_count;
        v_done := array[v_rows];
    else
        execute v_statement into v_done using p_parts;
    end if;
    perform pydb_internal.application_leave(v_ours);
    perform pydb_internal.application_constraints();
    if (p_parts[1]).run_id is not null then
        perform pydb_internal.application_pin(null, null);
    end if;
    if v_done <> v_wanted then
        raise exception using errcode = 'YD605', message = 'a trigger or a rule of the table kept rows out',
            detail = format('%s of %s rows were taken.', v_done, v_wanted),
            hint = 'Disable it for the restore: \h alter table';
    end if;
    return v_done;
end
$$;

comment on function pydb_internal.archive_put(pydb_internal.archive_part[]) is
'Takes the rows of parts that belong together out of their archives and inserts them where they came from, identity
columns as they were, generated ones computed; how many of each. Triggers run as for the application, under the path
that the run had. Nothing is lost where one keeps a row out: YD605.';

revoke all on function pydb_internal.archive_put(pydb_internal.archive_part[]) from public;
