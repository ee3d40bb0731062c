-- pydb_internal.erasure_protect (ledger; trigger): trigger that keeps the ledger of erasures append-only, also against
-- its owner's slips.
-- reads nothing   writes nothing   locks nothing
-- raises YD009
create or replace function pydb_internal.erasure_protect()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        -- how far it is goes on, what it was stays
        if old.state in ('requested', 'started') and old.imported_at is null and (
            to_jsonb(new) - '{state,refusal,approved_by,approved_at,run_ids,started_at,finished_at,rows_done,relations,'
            'remaining,rescanned_at,holds}'::text[]
        ) = (
            to_jsonb(old) - '{state,refusal,approved_by,approved_at,run_ids,started_at,finished_at,rows_done,relations,'
            'remaining,rescanned_at,holds}'::text[]
        ) and (new.state <> 'requested' or old.state = 'requested') then
            return new;
        end if;
    end if;
    raise exception using errcode = 'YD009', message = format('erasure is append-only: %s refused', lower(tg_op)),
        detail = 'Rows of pydb.erasure are evidence; they are neither changed nor removed.',
        hint = 'select * from pydb.erasure_status;';
end
$$;

comment on function pydb_internal.erasure_protect() is
'Refuses delete and truncate on pydb.erasure, and updates of what an erasure was or of one that has ended (YD009).';

revoke all on function pydb_internal.erasure_protect() from public;

create or replace trigger erasure_append_only
before update or delete on pydb.erasure
for each row execute function pydb_internal.erasure_protect();

create or replace trigger erasure_no_truncate
before truncate on pydb.erasure
for each statement execute function pydb_internal.erasure_protect();
