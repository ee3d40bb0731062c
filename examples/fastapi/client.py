"""Someone who uses the shop: sends a purchase twice, and deletes a customer after a look at the plan."""

from __future__ import annotations

import httpx

transport = httpx.HTTPTransport(uds="shop.sock", retries=6)
with httpx.Client(transport=transport, base_url="http://shop", timeout=20) as shop:
    order = {"customer_id": 1, "cents": 1250}
    for _ in range(2):
        answer = shop.post("/purchases", json=order, headers={"Idempotency-Key": "order-1"})
        print("buy:", answer.status_code, answer.json(), answer.headers.get("idempotent-replayed", "done"))

    plan = shop.get("/customers/1/deletion")
    print("plan:", plan.json()["rows"])

    # somebody buys between the look and the delete: what was not shown does not go
    shop.post("/purchases", json=order, headers={"Idempotency-Key": "order-2"})
    asked = {"If-Match": plan.headers["etag"], "Idempotency-Key": "delete-1"}
    answer = shop.delete("/customers/1", headers=asked)
    print("delete:", answer.status_code, answer.json())

    plan = shop.get("/customers/1/deletion")
    print("plan:", plan.json()["rows"])
    asked = {"If-Match": plan.headers["etag"], "Idempotency-Key": "delete-2"}
    for _ in range(2):
        answer = shop.delete("/customers/1", headers=asked)
        print("delete:", answer.status_code, answer.json(), answer.headers.get("idempotent-replayed", "done"))
    print("look:", shop.get("/customers/1/deletion").status_code)
