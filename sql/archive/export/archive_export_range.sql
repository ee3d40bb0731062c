-- pydb_internal.archive_export_range (export; for pydb/archive/carry.py): the rows of a run in some blocks of an
-- archive, as two statements for one snapshot: which rows these are, and the COPY that reads them.
-- reads the catalog   writes nothing   locks nothing
-- raises YD604
create or replace function pydb_internal.archive_export_range(
    p_archive oid,
    p_run_id bigint,
    p_from bigint,
    p_until bigint,
    p_limit bigint,
    out places text,
    out statement text,
    out columns jsonb,
    out generated jsonb,
    out key_columns text[],
    out signature text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source oid;
    v_order text;
    v_list text;
    v_from text;
    v_time text;
begin
    select t.source::oid into v_source from pydb.archive_table as t where t.archive = p_archive;
    if not found then
        raise exception using errcode = 'YD604', message = format('relation %s is no archive', p_archive),
            detail = 'Somebody dropped it.', hint = 'select * from pydb.archive_status;';
    end if;
    signature := p_archive::text; -- what is in an archive is never changed
    select
        jsonb_agg(c.described order by c.attnum) filter (where not c.is_computed),
        jsonb_agg(c.described order by c.attnum) filter (where c.is_computed),
        string_agg(format('t.%I', c.attname), ', ' order by c.attnum) filter (where not c.is_computed)
    into columns, generated, v_list
    from (
        select a.attnum, a.attname, coalesce(s.is_computed, false) as is_computed, jsonb_build_object(
            'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)
        ) as described
        from pg_attribute as a
        left join pydb_internal.archive_columns(v_source) as s on s.name = a.attname
        where a.attrelid = p_archive and a.attnum > 0 and not a.attisdropped
            and a.attname not in ('pydb_run_id', 'pydb_archived_at')
    ) as c;
    -- text in the order of its bytes: the same on every machine
    select array_agg(a.attname::text order by k.place), string_agg(
        format('t.%I', a.attname) || case when a.attcollation <> 0 then ' collate pg_catalog."C"' else '' end, ', '
        order by k.place
    ) into key_columns, v_order
    from pg_index as i
    cross join lateral unnest((i.indkey::smallint[])[:i.indnkeyatts - 1]) with ordinality as k (attnum, place)
    inner join pg_attribute as s on s.attrelid = i.indrelid and s.attnum = k.attnum
    inner join pg_attribute as a on a.attrelid = p_archive and a.attname = s.attname and not a.attisdropped
    where i.indrelid = v_source and i.indisprimary;
    key_columns := coalesce(key_columns, '{}');
    -- of what went along nobody knows a time; what is infinite, or before our era, no client reads
    select coalesce(min(format('t.%I::timestamptz', a.attname)), 'null::timestamptz') into v_time
    from pydb.archive_run as r
    inner join pg_attribute as a on a.attrelid = r.archive and a.attname = r.time_column and not a.attisdropped
    where r.run_id = p_run_id and r.archive = p_archive;
    v_from := format(
        'from only %s as t where t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)'' and t.pydb_run_id = %s',
        pydb_internal.relation_name(p_archive), p_from, p_until, p_run_id
    );
    v_order := format(' order by %s%s', concat_ws(', ', v_order, 't.ctid'), coalesce(' limit ' || p_limit, ''));
    statement := format('copy (select %s %s%s) to stdout', v_list, v_from, v_order);
    places := format(
        'select f.rows, f.oldest, f.newest, array_send(f.tids[u.before + 1:u.before + 20000]) as tids,
            array_send(f.versions[u.before + 1:u.before + 20000]) as versions
        from (
            select count(*) as rows, array_agg(r.place) as tids, array_agg(r.version) as versions,
                min(r.at) filter (where r.at between ''0001-01-02'' and ''9999-12-30'') as oldest,
                max(r.at) filter (where r.at between ''0001-01-02'' and ''9999-12-30'') as newest
            from (select t.ctid as place, t.xmin as version, %s as at %s%s) as r
        ) as f
        cross join generate_series(0, f.rows - 1, 20000) as u (before)',
        v_time, v_from, case when p_limit is not null then v_order end
    );
end
$$;

comment on function pydb_internal.archive_export_range(oid, bigint, bigint, bigint, bigint) is
'For blocks p_from up to p_until of an archive: a statement that gives the places and versions of the rows of a run (as
sent arrays, 20000 rows at a time, each with the number and the times of all), and the COPY of the same rows as their
table had them, in the order of its key, to be run in one snapshot; columns and signature.';

revoke all on function pydb_internal.archive_export_range(oid, bigint, bigint, bigint, bigint) from public;
