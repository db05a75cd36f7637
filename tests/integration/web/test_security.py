"""Who may come in: tokens, cookies, hosts, origins, and the sizes and shapes of what is sent."""

import asyncio
import io
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.errors import ConfigError, StorageError
from bot.platforms.web import WebPlatform
from bot.platforms.web.frames import MAX_FRAME_BYTES
from bot.platforms.web.uploads import MAX_UPLOAD_BYTES
from tests.integration.web.rig import Page, Playground, slowly

EVIL = "http://evil.example"


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def test_the_address_opens_once_and_the_cookie_keeps_the_door_open(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, session() as first, session() as second:
        (address,) = playground.announced
        async with first.get(address, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        async with first.get(playground.root) as response:
            assert response.status == 200
        async with second.get(address) as response:
            assert response.status == 401
            assert "terminal" in await response.text()
        async with first.get(address) as response:  # an old bookmark still works for one who is known
            assert response.status == 200


async def test_a_head_request_does_not_spend_the_token(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, session() as browser:
        async with browser.head(playground.web.address) as response:
            assert response.status == 401
        async with browser.get(playground.web.address) as response:
            assert response.status == 200


async def test_strangers_cause_no_flood_of_addresses(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, session() as browser:
        for _ in range(20):
            async with browser.get(f"{playground.root}/?token=guess") as response:
                assert response.status == 401
        assert len(playground.announced) == 1
        async with browser.get(playground.announced[0]) as response:  # guesses did not spend it
            assert response.status == 200


async def test_a_cookie_outlives_a_restart_and_a_forged_one_opens_nothing(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        port = playground.web.port
        cookie = next(iter(page.http.cookie_jar))
    async with Playground(tmp_path, slowly, port=port) as playground, aiohttp.ClientSession() as browser:
        forged = cookie.value[:-5] + ("A" if cookie.value[-5] != "A" else "B") + cookie.value[-4:]
        for value, status in ((cookie.value, 200), (forged, 401), ("", 401)):
            async with browser.get(playground.root, headers={"Cookie": f"{cookie.key}={value}"}) as response:
                assert response.status == status, value


@pytest.mark.parametrize("path", ["/", "/socket", "/healthz", "/static/js/app.js", "/import"])
async def test_foreign_hosts_are_refused_everywhere(tmp_path: Path, path: str):
    async with Playground(tmp_path, slowly) as playground, session() as browser:
        headers = {"Host": f"evil.example:{playground.web.port}"}
        async with browser.get(playground.root + path, headers=headers) as response:
            assert response.status == 421


@pytest.mark.parametrize("origin", [EVIL, "null", None, "http://localhost"])
async def test_foreign_origins_reach_neither_the_websocket_nor_an_upload(tmp_path: Path, origin: str | None):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        headers = {"Origin": origin} if origin else {}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await page.http.ws_connect(f"{playground.root}/socket", headers=headers)
        assert refusal.value.status == 403
        async with page.http.post(f"{playground.root}/import", data=b"", headers=headers) as response:
            assert response.status == 403


async def test_without_a_session_nothing_can_be_read_or_sent(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, session() as browser:
        headers = {"Origin": playground.root}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await browser.ws_connect(f"{playground.root}/socket", headers=headers)
        assert refusal.value.status == 401
        async with browser.post(f"{playground.root}/import", data=b"", headers=headers) as response:
            assert response.status == 401


@pytest.mark.parametrize("path", ["/", "/static/js/app.js", "/healthz", "/nothing", "/import"])
async def test_every_answer_has_the_safe_headers(tmp_path: Path, path: str):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        headers = (await page.http.get(playground.root + path)).headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/js/none.js", "/static/index.html"]
)
async def test_only_page_files_are_served(tmp_path: Path, path: str):
    async with Playground(tmp_path, slowly) as playground, session() as browser:
        response = await browser.get(URL(playground.root + path, encoded=True))
        assert response.status == 404


@pytest.mark.parametrize("data", ["", "{", "[]", "[" * 100_000, '{"type": "send"}', '{"type": "x"}'])
async def test_malformed_frames_get_a_sentence_and_the_tab_stays(tmp_path: Path, data: str):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.socket.send_str(data)
        assert (await page.frame("error"))["text"].endswith(".")
        await page.say("still here?", 1)
        assert await page.answer() == "You said: still here?"


async def test_a_binary_frame_and_a_huge_one_close_their_tab_only(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        for send, code in (
            (lambda socket: socket.send_bytes(b"{}"), 1003),
            (lambda socket: socket.send_str("x" * (MAX_FRAME_BYTES + 1)), 1009),
        ):
            other = await page.http.ws_connect(
                f"{playground.root}/socket", headers={"Origin": playground.root}
            )
            await other.receive()  # hello
            await send(other)
            message = await asyncio.wait_for(other.receive(), 5)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
            assert other.close_code == code
        await page.say("still here?", 1)
        assert await page.answer() == "You said: still here?"


async def post_log(
    page: Page, root: str, data: bytes, name: str = "log.txt", **headers: str
) -> tuple[int, dict]:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(data), filename=name)
    sent = {"Origin": root} | headers
    async with page.http.post(f"{root}/import", data=form, headers=sent) as response:
        return response.status, await response.json()


async def test_uploads_too_large_or_compressed_or_unreadable_are_refused_with_a_sentence(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        root = playground.root
        for expected, data in ((413, b"x" * (MAX_UPLOAD_BYTES + 1)), (422, b""), (422, b"PK\x03\x04 no zip")):
            status, body = await post_log(page, root, data)
            assert status == expected
            assert body["error"].endswith((".", "JSON."))
        status, _ = await post_log(page, root, b"Alice: hi", **{"Content-Encoding": "gzip"})
        assert status == 415
        async with page.http.post(f"{root}/import", json={"a": 1}, headers={"Origin": root}) as response:
            assert response.status == 415
        headers = {"Origin": root, "Content-Type": "multipart/form-data; boundary=x"}
        for garbled in (b"--x\r\ngarbled", b"", b"--x--\r\n"):
            async with page.http.post(f"{root}/import", data=garbled, headers=headers) as response:
                assert response.status == 400, garbled


async def test_health_says_503_while_the_database_cannot_be_written(tmp_path: Path):
    is_broken = False

    async def health() -> None:
        if is_broken:
            raise StorageError("disk full")

    async with Playground(tmp_path, slowly, health=health) as playground, session() as browser:
        async with browser.get(f"{playground.root}/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok", "model": "ready"})
        is_broken = True
        async with browser.get(f"{playground.root}/healthz") as response:
            assert response.status == 503


async def test_a_port_in_use_is_a_setting_to_change(tmp_path: Path):
    (tmp_path / "a").mkdir()
    async with Playground(tmp_path / "a", slowly) as playground:
        second = WebPlatform("127.0.0.1", playground.web.port, "Parley", tmp_path / "b")
        with pytest.raises(ConfigError, match="BOT_HTTP_PORT"):
            await second.run(playground.manager)


async def test_too_many_tabs_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.platforms.web.hub.MAX_TABS", 1)
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.frame("hello")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await page.open()
        assert refusal.value.status == 503
