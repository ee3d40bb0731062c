-- pydb_internal.export_range (export; for pydb/archive/export.py): what of a range of blocks expired, as the COPY that
-- reads it, with the count and the times that its file must have.
-- reads the relation and the tables that reference it   writes nothing   locks nothing above a select
-- raises YD002 YD103 YD114
create or replace function pydb_internal.export_range(
    p_policy text,
    p_relation oid,
    p_cutoff timestamptz,
    p_from bigint,
    p_until bigint,
    p_limit bigint,
    out statement text,
    out rows bigint,
    out oldest timestamptz,
    out newest timestamptz,
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
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_ends text[];
    v_order text;
    v_list text;
    v_source text;
begin
    perform pydb_internal.retention_check_author(v_policy);
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
    );
    statement := format(
        'copy (select t.ctid, t.xmin, %s %s order by %s, t.ctid%s) to stdout', v_list, v_source, v_order,
        coalesce(' limit ' || p_limit, '')
    );
    select array_agg(pydb_internal.retention_instant(
        v_policy, pydb_internal.retention_end(v_policy, u.which, format('t.%I', v_policy.time_column))
    ) order by u.which desc) into v_ends from unnest(array['min', 'max']) as u (which);
    execute format('select count(*), %s, %s %s', v_ends[1], v_ends[2], v_source) into rows, oldest, newest;
    if rows > p_limit then
        rows := p_limit;
        oldest := null; -- of the others
        newest := null;
    end if;
end
$$;

comment on function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint) is
'For blocks p_from up to p_until of a relation: the COPY statement of the rows that a policy would delete (place and
version first), in the order of the key; their number and times, seen by the same snapshot; columns and signature.';

revoke all on function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint) from public;
