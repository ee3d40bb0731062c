-- pydb_internal.health_say (check): what a check found, as one row: the worst finding speaks for it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_say(
    p_figures jsonb,
    p_findings jsonb,
    p_well text,
    p_checked_at timestamptz default null
)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_findings constant jsonb := (
        select coalesce(jsonb_agg(
            f.value order by array_position('{error,unknown,degraded,ok}', f.value ->> 'status'), f.place
        ), '[]')
        from jsonb_array_elements(p_findings) with ordinality as f (value, place)
    );
    v_worst constant jsonb := v_findings -> 0;
    v_said pydb_internal.health_said;
begin
    v_said.status := coalesce(v_worst ->> 'status', 'ok');
    v_said.reason_code := coalesce(v_worst ->> 'reason_code', 'well');
    v_said.summary := coalesce(v_worst ->> 'summary', p_well);
    v_said.hint := v_worst ->> 'hint';
    v_said.checked_at := p_checked_at;
    v_said.detail := coalesce(p_figures, '{}') || jsonb_build_object('findings', v_findings);
    return v_said;
end
$$;

comment on function pydb_internal.health_say(jsonb, jsonb, text, timestamptz) is
'Status, reason, summary and hint of the worst finding (objects: status, reason_code, summary, detail, hint), or
well and p_well where there is none; detail = figures and findings.';

revoke all on function pydb_internal.health_say(jsonb, jsonb, text, timestamptz) from public;
