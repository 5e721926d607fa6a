"""Chromium as the package pyside6-webengine brings it: prints a page's text, or takes a picture.

Run as a program, in a process of its own: `qt_browser.py text URL`, `qt_browser.py light URL PNG`,
`qt_browser.py dark URL PNG`.
"""

from __future__ import annotations

import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join(
    [
        "--disable-gpu --disable-background-networking",
        f"--blink-settings=preferredColorScheme={0 if sys.argv[1] == 'dark' else 1}",
    ]
)

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

SETTLE = 1500  # milliseconds for frames within a page, and for painting
MOST = 60_000


class Page(QWebEnginePage):
    """Says what the page writes to its console."""

    def javaScriptConsoleMessage(self, _level: object, message: str, *_: object) -> None:
        print("CONSOLE", message, file=sys.stderr)


def main(how: str, address: str, picture: str = "") -> None:
    """Open a page and leave."""
    app = QApplication(["browser"])
    view = QWebEngineView()
    page = Page(view)
    view.setPage(page)
    view.resize(1000, 700)
    view.show()

    def say(text: str) -> None:
        print(text)
        app.quit()

    def look() -> None:
        if how == "text":
            page.runJavaScript("document.body.textContent", 0, say)
        else:
            view.grab().save(picture)
            app.quit()

    page.loadFinished.connect(lambda _: QTimer.singleShot(SETTLE, look))
    QTimer.singleShot(MOST, app.quit)
    page.load(QUrl(address))
    app.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
