-- pydb_internal.run_tally (total): the tally of a run with one more batch, or one more try.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_tally(p_tally jsonb, p_ms float8, p_sqlstate text default null)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seconds constant numeric := round(greatest(p_ms, 0)::numeric / 1000, 6);
    v_path constant text[] := case
        when p_sqlstate is not null then array[
            'retries',
            case when left(p_sqlstate, 2) in ('40', '55', '57', '53') then left(p_sqlstate, 2) else 'other' end
        ]
        else array['buckets', pydb_internal.total_bucket(v_seconds, '{0.01,0.03,0.1,0.3,1,3,10,30,60}')]
    end;
    v_tally jsonb := coalesce(p_tally, '{"buckets": {}, "retries": {}, "seconds": 0}');
begin
    v_tally := jsonb_set(v_tally, v_path, to_jsonb(coalesce((v_tally #>> v_path)::bigint, 0) + 1));
    if p_sqlstate is null then
        v_tally := jsonb_set(v_tally, '{seconds}', to_jsonb((v_tally ->> 'seconds')::numeric + v_seconds));
    end if;
    return v_tally;
end
$$;

comment on function pydb_internal.run_tally(jsonb, float8, text) is
'Object: buckets (upper bound in seconds → batches), seconds (of all of them), retries (class of SQLSTATE → tries).
p_ms: time of a batch; p_sqlstate: instead, the error that is tried again.';

revoke all on function pydb_internal.run_tally(jsonb, float8, text) from public;
