-- pydb_internal.idempotency_answer_row (claim): a key as the routines answer it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_answer_row(
    p_outcome text,
    p_row pydb.idempotency_key,
    p_now timestamptz
)
returns pydb.idempotency_answer
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pending constant boolean := p_row.state = 'pending';
begin
    return row(
        p_outcome,
        case p_outcome when 'acquired' then p_row.token end,
        p_row.attempt, p_row.code, p_row.result, p_row.error,
        case p_outcome when 'in_progress' then coalesce(p_row.lease_until, p_row.expires_at) - p_now end,
        p_row.owner, p_row.finished_at,
        case when v_pending then p_row.claimed_at end,
        case when v_pending then p_row.lease_until end
    )::pydb.idempotency_answer;
end
$$;

comment on function pydb_internal.idempotency_answer_row(text, pydb.idempotency_key, timestamptz) is
'What is recorded of a key, under an outcome; p_now is the time from which retry_after counts. The token is shown to
who has just acquired the key, to nobody else.';

revoke all on function pydb_internal.idempotency_answer_row(text, pydb.idempotency_key, timestamptz) from public;
