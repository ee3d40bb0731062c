-- pydb_internal.guard_check_shape (guard): hold a policy or an entity whose tables changed since it was set or
-- approved, or warn.
-- reads pydb.guard_subject, settings   writes nothing   locks nothing
-- raises YD841; warns YD841
create or replace function pydb_internal.guard_check_shape(
    p_kind text,
    p_name text,
    p_found pydb_internal.guard_part[],
    p_dry_run boolean
)
returns void
language plpgsql
stable
security definer -- whoever runs need not read what the tables were; what differs he is told
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject pydb.guard_subject;
    v_mode text;
    v_text text;
    v_holds boolean;
begin
    select s.* into v_subject from pydb.guard_subject as s where s.kind = p_kind and s.name = p_name;
    v_mode := coalesce(v_subject.schema_drift, pydb_internal.setting_get(p_name => 'schema_drift'));
    if v_subject.shape is null or v_mode = 'off' or v_subject.shape = p_found then
        return;
    end if;
    v_text := pydb_internal.guard_drift_text(v_subject.shape, p_found, true);
    v_holds := v_text is not null and v_mode = 'hold' and not p_dry_run;
    v_text := coalesce(v_text, pydb_internal.guard_drift_text(v_subject.shape, p_found, false));
    if v_holds then
        raise exception using errcode = 'YD841',
            message = format('the tables of %s %s changed since it was set or approved', p_kind, p_name),
            detail = v_text || '.', hint = format('If that is right: select pydb.%s(%L);', case p_kind
                when 'policy' then 'retention_policy_approve' else 'entity_approve' end, p_name);
    elsif v_text is not null then
        raise warning using errcode = 'YD841',
            message = format(
                'the tables of %s %s changed since it was set or approved: %s', p_kind, p_name, v_text
            ),
            detail = 'It goes on: schema_drift does not say hold, or nothing that it takes is another.',
            hint = format('If that is right: select pydb.%s(%L);', case p_kind
                when 'policy' then 'retention_policy_approve' else 'entity_approve' end, p_name);
    end if;
end
$$;

comment on function pydb_internal.guard_check_shape(text, text, pydb_internal.guard_part[], boolean) is
'Raises YD841 where the schema_drift of the subject, else the setting, says hold, and something is different that
changes what goes; else a warning of that code about any difference. A dry run is only warned.';

revoke all on function pydb_internal.guard_check_shape(text, text, pydb_internal.guard_part[], boolean) from public;
