-- pydb_internal.export_range (export; for pydb/archive/export.py): what of a range of blocks expired, as two statements
-- for one snapshot: which rows these are, and the COPY that reads them.
-- reads the catalog, pydb.job_run   writes nothing   locks what the statements name (access share)
-- raises 55P03 YD002 YD103 YD113 YD114 YD123 YD901
create or replace function pydb_internal.export_range(
    p_policy text,
    p_relation oid,
    p_cutoff timestamptz,
    p_from bigint,
    p_until bigint,
    p_limit bigint,
    p_run_id bigint,
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
set row_security = off
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_ends text[];
    v_order text;
    v_list text;
    v_source text;
    v_rest text;
    v_named constant oid[] := pydb_internal.retention_named(v_policy) || p_relation;
begin
    if pydb_internal.retention_has_rules(v_policy) then
        -- the moment that the run counts from: what is read is what it deletes
        v_policy := pydb_internal.retention_policy_at(v_policy, (
            select (r.plan ->> 'counts_from')::timestamptz from pydb.job_run as r where r.id = p_run_id
        ));
    end if;
    perform pydb_internal.retention_check_author(v_policy);
    perform pydb_internal.relation_check_names(v_named, pydb_internal.relation_names(v_named));
    signature := pydb_internal.retention_signature(p_relation);
    select c.columns, c.generated, c.key_columns into columns, generated, key_columns
    from pydb_internal.export_columns(p_relation, v_policy.time_column) as c;
    select string_agg(format('t.%I', c.value ->> 'name'), ', ' order by c.ordinality) into v_list
    from jsonb_array_elements(columns) with ordinality as c;
    -- text in the order of its bytes: the same on every machine
    select string_agg(
        format('t.%I', k.name) || case when a.attcollation <> 0 then ' collate pg_catalog."C"' else '' end, ', '
        order by k.place
    ) into v_order
    from unnest(key_columns) with ordinality as k (name, place)
    inner join pg_attribute as a on a.attrelid = p_relation and a.attname = k.name;
    v_source := format(
        'from only %s as t where t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)'' and %s',
        pydb_internal.relation_name(p_relation), p_from, p_until,
        pydb_internal.retention_deletable_condition(v_policy, p_relation, p_cutoff)
            || pydb_internal.hold_free_condition(v_policy.target)
    );
    -- no more of them than a run may delete: the first by their key
    v_rest := format(
        ' order by %s%s%s', v_order,
        -- a key tells its rows apart, a time may not; to sort by both costs as much again
        case when key_columns = array[v_policy.time_column::text] then ', t.ctid' else '' end,
        coalesce(' limit ' || p_limit, '')
    );
    statement := format('copy (select %s %s%s) to stdout', v_list, v_source, v_rest);
    if p_limit is not null then
        v_source := format(
            'from only %s as t where t.ctid = any(array(select t.ctid %s%s))', pydb_internal.relation_name(p_relation),
            v_source, v_rest
        );
    end if;
    select array_agg(pydb_internal.retention_instant(
        v_policy, pydb_internal.retention_end(v_policy, u.which, format('t.%I', v_policy.time_column))
    ) order by u.which desc) into v_ends from unnest(array['min', 'max']) as u (which);
    places := format(
        'select f.rows, f.oldest, f.newest, array_send(f.tids[u.before + 1:u.before + 20000]) as tids,
            array_send(f.versions[u.before + 1:u.before + 20000]) as versions
        from (
            select count(*) as rows, %s as oldest, %s as newest, array_agg(t.ctid) as tids,
                array_agg(t.xmin) as versions
            %s
        ) as f
        cross join generate_series(0, f.rows - 1, 20000) as u (before)',
        v_ends[1], v_ends[2], v_source
    );
end
$$;

comment on function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint, bigint) is
'For blocks p_from up to p_until of a relation: a statement that gives the places and versions of the rows that a policy
would delete (as sent arrays, 20000 rows at a time, each with the number and the times of all), and the COPY of the same
rows in the order of the key, to be run in one snapshot; columns and signature.';

revoke all on function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint, bigint) from public;
