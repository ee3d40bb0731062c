-- pydb_internal.total_subject (total): under which name the totals of a subject are kept: its own, or other.
-- reads pydb.metric_total, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.total_subject(p_subsystem text, p_subject text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a policy has any name; what else runs is one word, and a number or a name behind it that there is no end of
    v_subject constant text := case
        when p_subsystem = 'retention' then p_subject else split_part(p_subject, ' ', 1)
    end;
begin
    -- who was given a name keeps it, so that neither its own totals nor those of the rest ever go back
    if exists (
        select from pydb.metric_total as t where t.subsystem = p_subsystem and t.subject = v_subject
    ) or (
        select count(distinct t.subject) from pydb.metric_total as t
        where t.subsystem = p_subsystem and t.subject not in ('', 'other')
    ) < pydb_internal.setting_get(p_name => 'metric_subjects')::integer then
        return v_subject;
    end if;
    return 'other';
end
$$;

comment on function pydb_internal.total_subject(text, text) is
'The subject as metrics name it: that of a policy, the first word of others (job, repair, scan), and other once so many
as the setting metric_subjects says have a name.';

revoke all on function pydb_internal.total_subject(text, text) from public;
