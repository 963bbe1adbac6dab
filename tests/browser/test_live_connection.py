"""The live page's connection in real Chromium: pulled out, put back in, and dead without a word."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests import servers
from tests.browser.live import SLOW_MS, Flown, flying, is_live, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    yield from flying(tmp_path_factory.mktemp("live"))


class Cable:
    """A line to the server that can be pulled out and put back in."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = servers.free_port()  # at the watcher's end
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    def pull(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, back}
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other end is gone, as is meant
        finally:
            writer.close()
            self._writers.discard(writer)


async def test_a_lost_connection_comes_back_and_its_gap_is_filled_from_the_recording(flown: Flown, page: Page) -> None:
    cable = Cable(flown.drift.port)
    await cable.plug()
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, f"http://127.0.0.1:{cable.port}/races/{flown.race_id}/")
    await until(page, "drift.counters.filling === 0")
    cable.pull()
    state = page.locator('[data-field="state"]')
    await expect(state).to_have_text(re.compile(r"^No connection\. Reconnecting in \d+ s$"), timeout=SLOW_MS)
    await expect(page.locator("#spoken")).to_have_text("No connection. Reconnecting.")
    await expect(page.locator(".leaderboard tr.stale")).to_have_count(3, timeout=SLOW_MS)
    await cable.plug()
    await expect(state).to_have_text("Live", timeout=SLOW_MS)
    await until(page, "drift.counters.missed > 0 && drift.counters.filling === 0")
    for drone in (1, 2, 3):
        frames = await page.evaluate(f"drift.frames({drone})")
        assert frames["cuts"] == 0, frames
    cable.pull()


async def test_a_connection_that_dies_without_a_word_is_given_up_and_comes_back(flown: Flown, page: Page) -> None:
    dead = False
    viewers: list[WebSocketRoute] = []

    async def watched(route: WebSocketRoute) -> None:
        viewers.append(route)
        server = route.connect_to_server()
        server.on_message(lambda message: None if dead else route.send(message))

    await page.route_web_socket(re.compile("/ws/races/"), watched)
    await page.clock.install()
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, flown.url)
    viewers[0].send('{"type":"alive","server_time":1}')
    dead = True
    state = page.locator('[data-field="state"]')
    await expect(state).to_have_text(re.compile(r"^No frames for \d+ s$"), timeout=SLOW_MS)
    await page.clock.fast_forward(25_000)
    await expect(page.locator("#spoken")).to_have_text("No connection. Reconnecting.", timeout=SLOW_MS)
    dead = False
    await expect(state).to_have_text("Live", timeout=SLOW_MS)
    assert len(viewers) > 1
