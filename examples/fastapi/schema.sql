-- The shop's tables, and what pydb has to know of them. Run after "pydb migrate up".
create schema shop;

create table shop.customer (
    id bigint generated always as identity primary key,
    name text not null
);

create table shop.purchase (
    id bigint generated always as identity primary key,
    customer_id bigint not null references shop.customer,
    cents bigint not null,
    purchased_at timestamptz not null default now()
);
create index purchase_customer_id_idx on shop.purchase (customer_id);

-- a page that a customer looked at; no foreign key
create table shop.visit (
    id bigint generated always as identity primary key,
    customer_id bigint,
    path text not null,
    visited_at timestamptz not null default now()
);
create index visit_customer_id_idx on shop.visit (customer_id);
create index visit_visited_at_idx on shop.visit (visited_at);

-- visits belong to a customer although no constraint says so, and a customer goes with all that is his
select r.name as reference, r.on_delete
from pydb.reference_set('shop.visit', '{customer_id}', 'shop.customer', '{id}', p_on_delete => 'cascade') as r;
select e.name as entity, e.edges from pydb.entity_set('customer', 'shop.customer', '{"*": "delete"}') as e;

insert into shop.customer (name) values ('Ada'), ('Grace');
insert into shop.visit (customer_id, path, visited_at)
select 1 + i % 2, '/page/' || i, now() - i * interval '2 days' from generate_series(1, 80) as i;
analyze shop.visit;
