-- pydb_internal.erasure_row (ledger): a row for the ledger, without keys: what is to be erased, why, until when.
-- reads the root table, pydb.erasure   writes nothing   locks nothing above a select
-- raises YD001 YD301
create or replace function pydb_internal.erasure_row(
    p_root regclass,
    p_keys jsonb,
    p_entity text,
    p_reason text,
    p_deadline interval,
    p_steps pydb.cascade_step[],
    p_salt bytea default null
)
returns pydb.erasure
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row pydb.erasure;
begin
    if p_deadline <= interval '0' or not isfinite(p_deadline) then
        raise exception using errcode = 'YD001', message = format('p_deadline cannot be %s', p_deadline),
            detail = 'An erasure is to be done so long after its request.', hint = 'p_deadline => interval ''30 days''';
    end if;
    v_row.entity := p_entity;
    v_row.root_name := pydb_internal.relation_name(p_root);
    v_row.salt := coalesce(p_salt, pydb_internal.erasure_salt(p_entity));
    select h.key_columns, h.hashes into v_row.key_columns, v_row.key_hashes
    from pydb_internal.erasure_hashes(p_root, p_keys, v_row.salt) as h;
    v_row.reason := p_reason;
    v_row.requested_at := clock_timestamp();
    v_row.deadline := v_row.requested_at + coalesce(
        p_deadline, pydb_internal.setting_get(p_name => 'erasure_deadline')::interval
    );
    if p_steps is not null then
        select coalesce(sum(f.rows), 0)::bigint, coalesce(jsonb_object_agg(f.relation, f.rows), '{}')
        into v_row.rows_planned, v_row.planned
        from (
            select s.relation, sum(s.rows)::bigint as rows from unnest(p_steps) as s
            where s.action in ('delete', 'purge') and s.rows > 0
            group by s.relation
        ) as f;
        v_row.closure_sha256 := (
            select encode(sha256(convert_to(coalesce(jsonb_agg(
                jsonb_build_array(s.relation, s.via, s.action, s.rows) order by s.step
            ), '[]')::text, 'UTF8')), 'hex')
            from unnest(p_steps) as s
        );
    end if;
    return v_row;
end
$$;

comment on function pydb_internal.erasure_row(regclass, jsonb, text, text, interval, pydb.cascade_step[], bytea) is
'What the ledger is to say of an erasure; p_steps: its plan, null where it was never planned; p_salt:
null = that of its entity.';

revoke all on function pydb_internal.erasure_row(regclass, jsonb, text, text, interval, pydb.cascade_step[], bytea)
    from public;
