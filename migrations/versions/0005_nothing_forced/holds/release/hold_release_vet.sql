-- pydb_internal.hold_release_vet (release; by hold_release): hook of drafts: a release has a reason.
-- reads nothing   writes nothing   locks nothing
-- raises YD001
create or replace function pydb_internal.hold_release_vet(p_draft jsonb)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(trim(p_draft ->> 'reason'), '') = '' then
        raise exception using errcode = 'YD001', message = 'a hold is released for a reason',
            detail = 'p_reason is null or empty.', hint = format('select * from pydb.hold_release(%L, ''why'');',
                p_draft ->> 'name');
    end if;
    return p_draft;
end
$$;

comment on function pydb_internal.hold_release_vet(jsonb) is 'Lets a release with a reason pass.';

revoke all on function pydb_internal.hold_release_vet(jsonb) from public;
