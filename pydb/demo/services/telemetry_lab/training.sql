-- Rows to train on, from the first on.
select id, cpu, memory, latency from lab.training where id <= %s
