-- A migration of another team, which nobody who set the policies has heard of.
create table lighting.complaint (
    id bigint primary key,
    decision_id bigint not null references lighting.decision on delete cascade
);
