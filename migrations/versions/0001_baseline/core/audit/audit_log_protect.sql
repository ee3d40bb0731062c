-- pydb_internal.audit_log_protect (audit; trigger): trigger that keeps the audit log append-only, also against its
-- owner's slips.
-- reads nothing   writes nothing   locks nothing
-- raises YD009
create or replace function pydb_internal.audit_log_protect()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'YD009', message = format('audit_log is append-only: %s refused', lower(tg_op)),
        detail = 'Rows of pydb.audit_log are evidence; they are neither changed nor removed.',
        hint = 'select * from pydb.audit_log order by id desc;';
end
$$;

comment on function pydb_internal.audit_log_protect() is
'Refuses update, delete and truncate on pydb.audit_log (YD009).';

revoke all on function pydb_internal.audit_log_protect() from public;

create or replace trigger audit_log_append_only
before update or delete or truncate on pydb.audit_log
for each statement execute function pydb_internal.audit_log_protect();
