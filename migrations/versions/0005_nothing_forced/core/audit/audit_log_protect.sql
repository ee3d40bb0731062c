-- pydb_internal.audit_log_protect (audit; trigger): trigger that keeps the audit log and its seals append-only, also
-- against their owner's slips.
-- reads nothing   writes nothing   locks nothing
-- raises YD009
create or replace function pydb_internal.audit_log_protect()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'YD009',
        message = format('%s is append-only: %s refused', tg_table_name, lower(tg_op)),
        detail = format('Rows of pydb.%s are evidence; they are neither changed nor removed.', tg_table_name),
        hint = case tg_table_name
            when 'audit_log' then 'select * from pydb.audit_log order by id desc;'
            else 'select * from pydb.audit_verify();' end;
end
$$;

comment on function pydb_internal.audit_log_protect() is
'Refuses update, delete and truncate on pydb.audit_log and pydb.audit_seal (YD009).';

revoke all on function pydb_internal.audit_log_protect() from public;

create or replace trigger audit_log_append_only
before update or delete or truncate on pydb.audit_log
for each statement execute function pydb_internal.audit_log_protect();

create or replace trigger audit_seal_append_only
before update or delete or truncate on pydb.audit_seal
for each statement execute function pydb_internal.audit_log_protect();
