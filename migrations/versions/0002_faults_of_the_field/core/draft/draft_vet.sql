-- pydb_internal.draft_vet (draft; trigger): check a draft as whoever adds it, and note who that is.
-- reads and writes what the checks of the kind do   locks nothing
-- raises what the checks of the kind raise
create or replace function pydb_internal.draft_vet()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A trigger runs as the role that inserts, which no argument can say of itself and no SECURITY DEFINER routine can
    -- see: current_user would be the owner there, and session_user is who logged in, whoever's code runs by now.
    new.xid := pg_current_xact_id();
    new.role := (select r.oid from pg_roles as r where r.rolname = current_user);
    -- the login role counts as the author where it acts for itself, also by SET ROLE; not in somebody else's routine
    new.author_role := case
        when current_user = coalesce(nullif(current_setting('role'), 'none'), session_user)
            then (select r.oid from pg_roles as r where r.rolname = session_user)
        else new.role
    end;
    new.author := (select r.rolname from pg_roles as r where r.oid = new.author_role)::text;
    execute format('select pydb_internal.%I($1)', new.kind || '_vet') into new.content using new.content;
    return new;
end
$$;

comment on function pydb_internal.draft_vet() is
'Fills in who adds a draft, and puts what kind_vet(content) makes of its content in its place.';

revoke all on function pydb_internal.draft_vet() from public;

create or replace trigger draft_vet
before insert on pydb_internal.draft
for each row execute function pydb_internal.draft_vet();

alter table pydb_internal.draft enable always trigger draft_vet;
