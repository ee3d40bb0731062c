select reason_code, sum(calls)::bigint as calls from pydb.degraded_count where provider = 'llm' group by reason_code;
