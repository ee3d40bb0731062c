-- pydb_internal.retention_explain_cutoff (explain; by retention_policy_explain): which rows of a policy expire: cutoff,
-- keep, watermark, min_keep, rules, filter.
-- reads settings, the watermark, the catalog   writes nothing   locks nothing above a select
-- raises YD105
create or replace function pydb_internal.retention_explain_cutoff(p_policy pydb.retention_policy, p_now timestamptz)
returns setof pydb_internal.retention_aspect
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keep constant timestamptz := pydb_internal.retention_keep_cutoff(p_policy, p_now);
    v_floor constant interval := pydb_internal.setting_get(p_name => 'min_keep')::interval;
    v_gated constant boolean := num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) > 0;
    v_mark record;
    v_behind boolean := false;
    v_problem text;
    v_hint text;
    v_ruled constant boolean := pydb_internal.retention_has_rules(p_policy);
    v_unasked text;
    v_cure text;
begin
    select w.* into v_mark from pydb_internal.retention_watermark(p_policy) as w where v_gated;
    if v_gated then
        v_behind := v_mark.at < v_keep; -- null = there is none
    end if;
    begin
        perform pydb_internal.retention_check_author(p_policy);
    exception
        when sqlstate 'YD103' or sqlstate 'YD114' then
            get stacked diagnostics v_problem = message_text, v_hint = pg_exception_hint;
        when sqlstate 'YD123' then
            get stacked diagnostics v_unasked = message_text, v_cure = pg_exception_hint;
    end;
    return query values
        ('cutoff', case when v_behind is null then 'blocks' else 'ok' end, null::text,
            case when v_behind then v_mark.at when not v_behind then v_keep end, case
                when v_behind is null then 'there is none: blocked by the watermark'
                else format('rows whose %I is before it expire', p_policy.time_column) end, null::text),
        ('keep', case when not v_behind then 'holds' else 'ok' end, p_policy.keep::text, v_keep, format(
            '%s before now, months and days on the wall clock of %s%s', p_policy.keep, p_policy.timezone, case
                when v_ruled and v_keep > pydb_internal.retention_cut(p_policy.keep, p_now, p_policy.timezone)
                    then '; rules can give a row less, down to the floor, and the cutoff is that of the floor'
                else '' end
        ), null),
        ('watermark', case
            when not v_gated then 'off' when v_behind is null then 'blocks' when v_behind then 'holds' else 'ok' end,
            v_mark.place, v_mark.at, case
                when not v_gated then 'rows go whether or not they were summed up or copied'
                when v_behind is null then 'blocked by the watermark: ' || v_mark.problem
                when v_behind then 'it is behind keep: rows from then on stay until it moves on'
                else 'it is past the cutoff of keep' end, v_mark.hint),
        ('min_keep', case when p_policy.keep < v_floor then 'off' else 'ok' end, v_floor::text, null, case
            when p_policy.expiry then 'it bounds no keep that is a grace after each row''s own expiry'
            when p_policy.keep < v_floor then 'keep is shorter: the policy was set with p_allow_short'
            else 'no keep is set shorter than this setting' end, null),
        ('rules', case when not v_ruled then 'off' when v_unasked is not null then 'blocks' else 'ok' end,
            pydb_internal.retention_rule_text(p_policy), null, case
                when not v_ruled then 'all rows are kept as long'
                else coalesce(v_unasked, format('single rows are kept for other times, none for less than %s: '
                    '%s', pydb_internal.retention_floor(p_policy),
                    pydb_internal.shell_command('pydb policy explain', array[p_policy.name], '--key …'))) end,
            v_cure),
        ('filter', case
            when p_policy.filter is null then 'off' when v_problem is not null then 'blocks' else 'ok' end,
            p_policy.filter, null, coalesce(v_problem, case
                when p_policy.filter is null then 'all rows of that age'
                when p_policy.builtin then 'of pydb''s own rows'
                else format('set by %s, who could become %s', p_policy.author, current_user) end), v_hint);
end
$$;

comment on function pydb_internal.retention_explain_cutoff(pydb.retention_policy, timestamptz) is
'Rows of retention_policy_explain about which rows expire; of keep and watermark the one that decides holds.';

revoke all on function pydb_internal.retention_explain_cutoff(pydb.retention_policy, timestamptz) from public;
