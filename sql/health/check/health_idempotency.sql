-- pydb_internal.health_idempotency (check; by health): keys that wait for somebody, and keys that nothing prunes.
-- reads what pydb.idempotency_stats reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_idempotency()
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_stats record;
    v_findings jsonb;
begin
    select s.* into v_stats from pydb.idempotency_stats() as s;
    select jsonb_agg(to_jsonb(d) - 'component') into v_findings
    from pydb_internal.doctor_idempotency() as d
    where d.status <> 'ok';
    return pydb_internal.health_say(
        jsonb_strip_nulls(to_jsonb(v_stats) - 'seen_at'), v_findings,
        format('%s%s keys, none waits for an operator', case when not v_stats.exact then 'about ' end, v_stats.keys),
        v_stats.seen_at
    );
end
$$;

comment on function pydb_internal.health_idempotency() is
'Component idempotency: held keys, expired ones that stay, tokens out of order; its figures are those of
pydb.idempotency_stats.';

revoke all on function pydb_internal.health_idempotency() from public;
