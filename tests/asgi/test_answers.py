"""What a client gets for each state of its key; the vectors are numbered as in the state machine's list."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from pydb.asgi import Config
from pydb.asgi.types import header_lines
from tests.asgi.conftest import DEADLINE, until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydb.asgi.types import Scope
    from tests.asgi.conftest import Site
    from tests.conftest import Connection

    Post = Callable[..., httpx.Response]

PATH = "/orders"
STALE = "update pydb.idempotency_key set lease_until = clock_timestamp() - interval '1 s'"


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that wait."""
    with ThreadPoolExecutor(20) as pool:
        yield pool


@pytest.fixture
def post(client: httpx.Client) -> Post:
    """The request of most tests."""

    def send(body: str = "{}") -> httpx.Response:
        return client.post(PATH, headers=key("k"), content=body)

    return send


def test_vectors_1_and_2_a_replay_is_the_same_response(site: Site, client: httpx.Client) -> None:
    handler = Handler(
        b'{"tune_id": 7, ', b'"\xc3\xa9": "\\u0000"}',
        headers=[
            (b"content-type", b"application/json"), (b"x-two", b"1"), (b"x-two", b"2"),
            (b"Location", b"/orders/7"), (b"set-cookie", b"session=secret"), (b"keep-alive", b"timeout=5"),
        ],
    )  # fmt: skip
    site.protect(handler)
    first = client.post(PATH, headers=key("k"), content="{}")
    client.cookies.clear()
    second = client.post(PATH, headers=key("k"), content="{}")
    assert (first.status_code, first.content) == (201, b'{"tune_id": 7, "\xc3\xa9": "\\u0000"}')
    assert first.headers["set-cookie"] == "session=secret"
    assert "idempotent-replayed" not in first.headers
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    varying = {"date", "set-cookie", "keep-alive", "idempotent-replayed"}
    lines = [
        [(name, value) for name, value in response.headers.multi_items() if name not in varying]
        for response in (first, second)
    ]
    assert lines[0] == lines[1]
    assert handler.runs == 1
    assert handler.claims[0] is not None
    assert (handler.claims[0].attempt, handler.claims[0].error) == (1, None)


def test_vectors_3_and_5_a_request_in_progress(site: Site, others: ThreadPoolExecutor, post: Post) -> None:
    handler = Handler(gated=True)
    site.protect(handler)
    running = others.submit(post)
    until(lambda: handler.runs)
    second = post()
    assert problem(second) == (409, "in-progress")
    assert 1 <= int(second.headers["retry-after"]) <= 5
    assert problem(post('{"other": 1}')) == (422, "payload-mismatch")
    handler.gate.set()
    assert running.result().status_code == 201
    assert post().headers["idempotent-replayed"] == "true"
    assert handler.runs == 1


def test_vector_4_another_payload_leaves_the_result_alone(site: Site, client: httpx.Client) -> None:
    site.protect(Handler())
    assert client.post(PATH, headers=key("k"), content="a").status_code == 201
    for other in (
        client.post(PATH, headers=key("k"), content="b"),
        client.post(f"{PATH}?page=2", headers=key("k"), content="a"),
        client.post(PATH, headers={**key("k"), "content-type": "text/plain"}, content="a"),
    ):
        assert problem(other) == (422, "payload-mismatch")
    for sent in ({"authorization": "Bearer x"}, {"cookie": "session=x"}, {"x-api-key": "x"}):
        refused = client.post(PATH, headers={**key("k"), **sent}, content="a")
        assert problem(refused) == (422, "credentials-mismatch")
        assert "new key" not in refused.json()["detail"]
        both = client.post(PATH, headers={**key("k"), **sent}, content="b")
        assert problem(both) == (422, "payload-mismatch")
    assert client.post(PATH, headers=key("k"), content="a").headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("credentials", "sent", "status"),
    [
        (("cookie:session",), ("ad=1; session=x", "session=x; ad=2"), 201),
        (("Cookie:session",), ("session=x", "session=y"), 422),
        (("cookie:session",), ("", "session=x"), 422),
        (("cookie:session",), ("Session=x", "Session=y"), 201),
        ((), ("session=x", "session=y"), 201),
        (("authorization",), ("session=x", "session=y"), 201),
    ],
)
def test_credentials_are_those_that_are_named(
    credentials: tuple[str, ...], sent: tuple[str, str], status: int, site: Site, client: httpx.Client
) -> None:
    handler = Handler()
    site.protect(handler, Config(credentials=credentials))
    for cookie, expected in zip(sent, (201, status), strict=True):
        answer = client.post(PATH, headers={**key("k"), "cookie": cookie}, content="a")
        assert answer.status_code == expected
    assert handler.runs == 1


def test_vectors_6_and_38_a_released_key(site: Site, client: httpx.Client) -> None:
    handler = Handler(status=[503, 429, 500, 200])
    site.protect(handler)
    assert client.post(PATH, headers=key("k"), content="a").status_code == 503
    assert problem(client.post(PATH, headers=key("k"), content="b")) == (422, "payload-mismatch")
    answers = [client.post(PATH, headers=key("k"), content="a") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 500, 200, 200]
    assert [answer.headers["x-run"] for answer in answers] == ["2", "3", "4", "4"]
    claims = [claim for claim in handler.claims if claim is not None]
    assert [claim.attempt for claim in claims] == [1, 2, 3, 4]
    assert [claim.error for claim in claims] == [None, {"status": 503}, {"status": 429}, {"status": 500}]
    assert claims == sorted(claims, key=lambda claim: claim.token)


def test_vectors_10_and_11_keys_that_are_missing_or_wrong(site: Site, client: httpx.Client) -> None:
    handler = Handler()
    site.protect(handler, Config(required=True))
    assert problem(client.post(PATH)) == (400, "key-missing")
    assert problem(client.post(PATH, headers=key(""))) == (400, "key-malformed")
    assert problem(client.post(PATH, headers=key("k" * 256))) == (400, "key-too-long")
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    assert problem(client.post(PATH, headers=twice)) == (400, "key-malformed")
    two = {"Idempotency-Key": "a", "X-Idempotency-Key": "b"}
    assert problem(client.post(PATH, headers=two)) == (400, "key-malformed")
    assert handler.runs == 0
    assert client.post(PATH, headers=key("0")).status_code == 201
    assert client.post(PATH, headers={"X-Idempotency-Key": "0"}).headers["idempotent-replayed"] == "true"
    assert client.get(PATH).headers["x-run"] == "2"


def test_vector_14_one_of_fifty_runs(site: Site, sql: Connection, post: Post) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(wait=timedelta(seconds=DEADLINE), poll_interval=timedelta(milliseconds=50)))
    with ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(post) for _ in range(50)]
        until(lambda: handler.runs)
        handler.gate.set()
        found = [answer.result() for answer in answers]
    assert {(answer.status_code, answer.headers["x-run"]) for answer in found} == {(201, "1")}
    assert sum("idempotent-replayed" in answer.headers for answer in found) == 49
    assert handler.runs == 1
    assert sql.execute("select count(*), max(attempt) from pydb.idempotency_key").fetchone() == (1, 1)


def test_vector_21_a_wait_that_runs_out_changes_nothing(
    site: Site, sql: Connection, others: ThreadPoolExecutor, post: Post
) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(wait=timedelta(milliseconds=60), poll_interval=timedelta(milliseconds=20)))
    running = others.submit(post)
    until(lambda: handler.runs)
    row = "select token, lease_until, xmin::text from pydb.idempotency_key"
    before = sql.execute(row).fetchone()
    assert problem(post()) == (409, "in-progress")
    assert sql.execute(row).fetchone() == before
    handler.gate.set()
    assert running.result().status_code == 201


def test_vector_22_when_the_owner_fails_one_waiter_runs(
    site: Site, others: ThreadPoolExecutor, post: Post
) -> None:
    handler = Handler(gated=True, status=[500, 200])
    site.protect(handler, Config(wait=timedelta(seconds=DEADLINE), poll_interval=timedelta(milliseconds=20)))
    first = others.submit(post)
    until(lambda: handler.runs)
    waiting = [others.submit(post) for _ in range(8)]
    handler.gate.set()
    assert first.result().status_code == 500
    assert {(one.result().status_code, one.result().headers["x-run"]) for one in waiting} == {(200, "2")}
    assert handler.runs == 2


def test_vectors_24_29_and_30_a_zombie_gets_the_recorded_outcome(
    site: Site, sql: Connection, others: ThreadPoolExecutor, post: Post
) -> None:
    handler = Handler(gated=True)
    site.protect(handler)
    answers = []
    for run in (1, 2):
        answers.append(others.submit(post))
        until(lambda: handler.runs == run)  # noqa: B023
        sql.execute(STALE)
    handler.error = ValueError("the zombie fails")  # whose failure must not release the key
    handler.gate.set()
    assert answers[0].result().status_code == 500
    # run 2 failed too: released, run 3 is the one that counts
    handler.error = None
    assert post().headers["x-run"] == "3"
    assert sql.execute("select state::text, attempt from pydb.idempotency_key").fetchone() == ("completed", 3)


def test_vector_30_late_completions(
    site: Site, sql: Connection, others: ThreadPoolExecutor, post: Post
) -> None:
    gates = [threading.Event(), threading.Event()]
    handler = Handler()

    async def pause() -> None:
        handler.gate = gates[handler.runs - 1]
        await Handler.pause(handler)

    handler.pause = pause  # type: ignore[method-assign]
    site.protect(handler)
    zombie = others.submit(post)
    until(lambda: handler.runs == 1)
    sql.execute(STALE)
    owner = others.submit(post)
    until(lambda: handler.runs == 2)
    gates[0].set()
    late = zombie.result()
    assert problem(late) == (409, "in-progress")
    gates[1].set()
    assert owner.result().headers["x-run"] == "2"
    assert post().headers["x-run"] == "2"
    assert handler.runs == 2


def test_vector_39_what_the_application_refused_stays_refused(site: Site, client: httpx.Client) -> None:
    handler = Handler(status=402)
    site.protect(handler)
    answers = [client.post(PATH, headers=key("k")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [402, 402, 402]
    assert handler.runs == 1


def test_vector_40_attempts_run_out(site: Site, client: httpx.Client) -> None:
    handler = Handler(status=500)
    site.protect(handler, Config(max_attempts=2))
    assert [client.post(PATH, headers=key("k")).status_code for _ in range(2)] == [500, 500]
    for _ in range(2):
        assert problem(client.post(PATH, headers=key("k"))) == (409, "attempts-exhausted")
    assert handler.runs == 2


def test_vector_41_an_unknown_outcome_until_it_is_resolved(
    site: Site, sql: Connection, others: ThreadPoolExecutor, post: Post
) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(on_stale="hold"))
    running = others.submit(post)
    until(lambda: handler.runs)
    sql.execute(STALE)
    unknown = post()
    assert problem(unknown) == (409, "outcome-unknown")
    assert "retry-after" not in unknown.headers
    sql.execute("select pydb.idempotency_resolve('POST /orders', 'k', 'completed', '{\"é\": 1}', 202)")
    replay = post()
    assert (replay.status_code, replay.content) == (202, '{"é":1}'.encode())
    assert replay.headers["idempotent-replayed"] == "true"
    handler.gate.set()
    assert running.result().content == replay.content  # the worker's own answer counts no more
    assert handler.runs == 1


def test_a_key_that_was_resolved_as_failed(site: Site, sql: Connection, client: httpx.Client) -> None:
    site.protect(Handler(status=200), Config(decide=lambda _: "hold"))
    for value, code in (("a", None), ("b", 410)):
        client.post(PATH, headers=key(value))
        statement = "select pydb.idempotency_resolve('POST /orders', %s, 'failed', null, %s, '{}', true)"
        sql.execute(statement, [value, code])
        assert problem(client.post(PATH, headers=key(value))) == (code or 409, "failed")


def test_vector_42_an_expired_key_is_new(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler()
    site.protect(handler)
    client.post(PATH, headers=key("k"), content="a")
    sql.execute("update pydb.idempotency_key set expires_at = now() - interval '1 s'")
    assert client.post(PATH, headers=key("k"), content="b").headers["x-run"] == "2"


def test_vector_45_clients_and_operations_have_keys_of_their_own(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler()

    def tenant(scope: Scope) -> str:
        return dict(header_lines(scope)).get(b"x-tenant", b"").decode()

    site.protect(handler, Config(client=tenant))
    asked = [("a", "/b"), ("a b", "/"), ("a", "/b c"), (None, "/b"), ("é/%", "/b"), ("a", "/" + "b" * 300)]
    for name, path in asked:
        headers = httpx.Headers({**key("k"), "x-tenant": name or ""}, encoding="utf-8")
        assert client.post(path, headers=headers).status_code == 201
    assert handler.runs == len(asked)
    scopes = [str(row[0]) for row in sql.execute("select scope from pydb.idempotency_key order by token")]
    assert scopes[:5] == ["a POST /b", "a%20b POST /", "a POST /b%20c", "POST /b", "%C3%A9%2F%25 POST /b"]
    assert len(scopes[5]) == 180 + 1 + 64
    # credentials may change where the client is known
    for token in ("x", "y"):
        changed = {**key("k2"), "x-tenant": "a", "authorization": token}
        assert client.post("/b", headers=changed).status_code == 201
    assert handler.runs == len(asked) + 1


def test_problems_as_configured(site: Site, client: httpx.Client) -> None:
    site.protect(
        Handler(),
        Config(required=True, statuses={"key-missing": 428}, problem_prefix="https://example.com/problems#"),
    )
    refused = client.post(PATH)
    assert refused.status_code == refused.json()["status"] == 428
    assert refused.json()["type"] == "https://example.com/problems#key-missing"


def test_only_what_was_asked_for_is_looked_at(site: Site, client: httpx.Client) -> None:
    handler = Handler(status=200)
    site.protect(
        handler,
        Config(methods=frozenset({"PUT"}), paths=("/a/*", "/b"), applies=lambda s: s["query_string"] == b""),
    )
    for method, path in (("POST", "/b"), ("PUT", "/c"), ("PUT", "/b/c"), ("PUT", "/b?x")):
        assert client.request(method, path, headers=key("k")).status_code == 200
    assert handler.claims == [None] * 4
    for path in ("/a/b/c", "/b"):
        assert client.put(path, headers=key("k")).status_code == 200
    assert None not in handler.claims[4:]


@pytest.mark.parametrize(
    "wrong",
    [
        {"methods": frozenset()}, {"methods": frozenset({"post"})}, {"max_key_length": 256},
        {"lease": timedelta(0)}, {"ttl": timedelta(0)}, {"on_stale": "steal"},
        {"max_attempts": 0}, {"statuses": {"none": 409}},
        {"statuses": {"in-progress": 200}}, {"poll_interval": timedelta(0)}, {"hmac_key": b""},
        {"header_names": ()}, {"wait": timedelta(-1)}, {"on_overflow": "cut"}, {"on_unavailable": "hope"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Config(**wrong)  # type: ignore[arg-type]
