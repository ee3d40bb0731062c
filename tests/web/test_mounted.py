"""The application inside an application of FastAPI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import FastAPI

from pydb.web import Settings, create_app
from tests.web.conftest import Browser, serving
from tests.web.world import TOKEN

if TYPE_CHECKING:
    from tests.servers import Database


def test_it_mounts_below_a_path(shop: Database) -> None:
    pages = create_app(Settings(dsn=shop.dsn, token=TOKEN, drain=1))
    app = FastAPI()
    app.mount("/data", pages)

    @app.get("/own")
    def own() -> str:
        return "mine"

    with serving(app) as url:
        browser = Browser(url)
        assert browser.client.get("/own").json() == "mine"
        stranger = browser.client.get("/data/admin/runs")
        assert stranger.headers["location"] == "/data/admin/sign-in?next=%2Fadmin%2Fruns"
        answered = browser.client.post(
            "/data/admin/sign-in", data={"token": TOKEN, "next": "/admin/runs?kind=cascade"}
        )
        assert answered.headers["location"] == "/data/admin/runs?kind=cascade"
        assert "Path=/data" in answered.headers["set-cookie"]
        for path in ("/data/admin/system/health", "/data/admin/policies/events", "/data/admin/jobs/1"):
            page = browser.get(path)
            links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
            assert links
            assert all(link.startswith("/data/") for link in links), links
            assert browser.client.get(next(link for link in links if "style.css" in link)).status_code == 200
        assert "content-security-policy" in browser.client.get("/data/livez").headers
        assert "content-security-policy" not in browser.client.get("/own").headers
        browser.close()
    pages.state.site.close()
