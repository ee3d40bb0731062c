-- What the model must have seen.
select count(*) as rows, sum(cpu) as cpu, sum(memory) as memory, sum(latency) as latency from lab.training;
