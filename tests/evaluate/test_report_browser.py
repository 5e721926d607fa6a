"""The report in a real browser: nothing fetched, nothing run, nothing wider than a phone."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.evaluate.report import write_report

from .report_maker import full_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars",
    "--disable-background-networking --disable-component-update --disable-sync",
    "--disable-default-apps --virtual-time-budget=5000 --enable-logging=stderr --log-level=0",
)
PHONE = 390

# Looks at the report in a frame as wide as a phone, from outside, as the report runs no script.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><script>
const frame = document.createElement("iframe");
frame.style = "border:0;width:%dpx;height:800px";
frame.onload = () => {
  const page = frame.contentDocument, root = page.documentElement;
  const all = (what) => [...page.querySelectorAll(what)];
  const seen = {
    width: root.scrollWidth,
    height: root.scrollHeight,
    pictures: all("img").map((i) => i.naturalWidth),
    texts: all("h1, h2, td, th").map((e) => e.getBoundingClientRect().height),
    drawn: all("svg").map((e) => e.getBoundingClientRect().width),
    outside: all("section > *").map((e) => [e.className, e.getBoundingClientRect().right])
      .filter(([, right]) => right > root.clientWidth + 1),
  };
  document.body.textContent = "SEEN" + JSON.stringify(seen) + "SEEN";
};
frame.src = "report.html";
document.body.append(frame);
</script>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


class Chromium:
    """A browser on the path."""

    def __init__(self, program: str, profile: Path) -> None:
        self._command = [program, *" ".join(FLAGS).split(), f"--user-data-dir={profile}"]

    def text(self, address: str) -> tuple[str, list[str]]:
        """The page's text once its scripts have run, and what went to the console."""
        done = run([*self._command, "--dump-dom", address])
        return unescape(done.stdout), [x for x in done.stderr.splitlines() if "CONSOLE" in x]

    def shoot(self, address: str, picture: Path, dark: bool) -> None:
        """Take a picture of the page's top."""
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        run([*self._command, scheme, "--window-size=1000,700", f"--screenshot={picture}", address])


class QtChromium:
    """The browser that comes with the package pyside6-webengine."""

    _command = (sys.executable, str(Path(__file__).with_name("qt_browser.py")))

    def text(self, address: str) -> tuple[str, list[str]]:
        done = run([*self._command, "text", address])
        return done.stdout, [x for x in done.stderr.splitlines() if x.startswith("CONSOLE")]

    def shoot(self, address: str, picture: Path, dark: bool) -> None:
        run([*self._command, "dark" if dark else "light", address, str(picture)])


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, errors="replace")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Chromium | QtChromium:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is not None:
        return Chromium(found, tmp_path_factory.mktemp("profile"))
    probe = "import PySide6.QtWebEngineWidgets"
    if run([sys.executable, "-c", probe]).returncode == 0:
        return QtChromium()
    pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}, or pip install pyside6-webengine")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str], Path]]:
    """The report served on this machine: its address, what was asked for, and its folder."""
    folder = tmp_path_factory.mktemp("site")
    run = full_run(folder)
    text = run.to_json().encode("utf-8", "replace").decode()
    write_report(type(run).from_json(text), folder)
    for width in (PHONE, 1200):
        (folder / f"probe{width}.html").write_text(PROBE % width, encoding="utf-8")
    asked: list[str] = []
    handler = type("Asked", (Handler,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked, folder
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("width", [PHONE, 1200])
def test_page_opens_whole_and_fits(
    browser: Chromium | QtChromium, site: tuple[str, list[str], Path], width: int
) -> None:
    address, asked, _ = site
    asked.clear()
    text, console = browser.text(f"{address}/probe{width}.html")
    found = re.search("SEEN(.*)SEEN", text, re.DOTALL)
    assert found, console
    seen = json.loads(found.group(1))
    assert seen["width"] <= width
    assert not seen["outside"]
    assert seen["pictures"] == [256, 256]
    assert min(seen["texts"]) > 0
    assert len(seen["drawn"]) > 10
    assert seen["height"] > 2000
    # The probe, the report and at most the icon that browsers ask for by themselves.
    assert set(asked) - {"/favicon.ico"} == {f"/probe{width}.html", "/report.html"}
    assert not [line for line in console if "favicon" not in line]


@pytest.mark.parametrize("dark", [False, True])
def test_page_is_readable_in_light_and_dark(
    browser: Chromium | QtChromium, site: tuple[str, list[str], Path], tmp_path: Path, dark: bool
) -> None:
    _, _, folder = site
    shot = tmp_path / "shot.png"
    browser.shoot((folder / "report.html").as_uri(), shot, dark)
    grey = cv2.imread(str(shot), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    paper = np.median(grey)
    assert (paper < 60) if dark else (paper > 200)
    ink = np.abs(grey.astype(float) - paper) > 120
    assert 0.005 < ink.mean() < 0.3  # text stands out from the paper
