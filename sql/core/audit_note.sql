-- pydb.audit_note: enter who asked for something and why, for programs that act for people under one login; audited.
-- writes pydb.audit_log   locks nothing
-- raises YD001 YD007
create or replace function pydb.audit_note(
    p_asked text,
    p_subject text,
    p_who text,
    p_reason text default null,
    p_request uuid default null,
    p_run_id bigint default null
)
returns void
language plpgsql
security definer -- nobody but this adds to the audit log; what it adds is marked as a note, under the login
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part record;
begin
    perform pydb_internal.run_check_read_write();
    for v_part in
        select u.name, u.value, u.needed
        from (
            values
            ('p_asked', p_asked, true), ('p_subject', p_subject, true), ('p_who', p_who, true),
            ('p_reason', p_reason, false)
        ) as u (name, value, needed)
        where coalesce(length(u.value) > 2000, false) or u.needed and coalesce(btrim(u.value), '') = ''
    loop
        raise exception using errcode = 'YD001',
            message = format('%s cannot be entered', v_part.name),
            detail = case when length(v_part.value) > 2000
                then format('It has %s characters; at most 2000 are kept.', length(v_part.value))
                else 'It is empty.' end,
            hint = 'select pydb.audit_note(''retention_run'', ''policy'', ''name of a person'', ''why'');';
    end loop;
    perform pydb_internal.audit_add('audit_note', p_subject, jsonb_strip_nulls(jsonb_build_object(
        'asked', p_asked, 'who', p_who, 'reason', p_reason, 'request', p_request
    )), p_run_id);
end
$$;

comment on function pydb.audit_note(text, text, text, text, uuid, bigint) is
'Enters into pydb.audit_log (action audit_note) what somebody asked for (p_asked: retention_run, …), about what
(p_subject), who (p_who) and why, with p_request, the id that its runs bear. For programs that act for people under one
login, such as pydb serve: actor is that login as always, who and why are what the program says.';

revoke all on function pydb.audit_note(text, text, text, text, uuid, bigint) from public;
