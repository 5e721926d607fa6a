"""The report: it shows everything, needs nothing, and believes no name."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.errors import OutputError
from relume.evaluate import Curve, EstimatorRecord, Failure, Group, Metric, Results, Row, Strip
from relume.evaluate.report import render_report, write_report
from relume.evaluate.report.html import Markup, tag
from relume.evaluate.report.numbers import column_format, figure, ticks
from relume.evaluate.report.published import standing_in
from relume.evaluate.report.standing import best_of

from .report_maker import IDENTITY, LIGHT, NASTY, full_run, protocol, results, row


class Seen(HTMLParser):
    """Elements, and the text that a reader sees; fails where tags don't nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name not in ("meta", "img"):
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag_name, attributes in self.tags if tag_name == name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return render_report(full_run(folder), folder)


def test_page_needs_nothing_from_outside(page: str) -> None:
    seen = Seen(page)
    loading = [
        value
        for _, attributes in seen.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href")
    ]
    assert loading
    assert all(v is not None and v.startswith(("data:image/", "#")) for v in loading)
    assert not re.search(r"https?:|//\w|@import|url\(", re.sub(r'base64,[^"]*', "", page))
    assert not {"script", "link", "iframe", "object", "base"} & {name for name, _ in seen.tags}
    assert not [a for _, attributes in seen.tags for a in attributes if a.startswith("on")]


def test_names_are_shown_and_never_obeyed(page: str) -> None:
    seen = Seen(page)
    shown = NASTY.replace("\udce9", "\ufffd").replace("\x07", "\ufffd")
    assert sum(shown in text for text in seen.text) >= 6  # table, failures, legend, items, ...
    assert any(shown in (image["alt"] or "") for image in seen.all("img"))
    page.encode("utf-8")


def test_page_has_what_a_reader_needs(page: str) -> None:
    seen = Seen(page)
    text = " ".join(seen.text)
    for expected in (
        "relume eval videos 'my clips' --seed 0",
        "Some CPU, 2 cores",
        "3.11.7",
        "no face was found",
        "lower is better",
        "higher is better",
        "over 9 items",
        "Stands in for DECA",
        "By its name what the paper used (MagFace)",
        "ab" * 32,
        "Over frames, then over clips.",
    ):
        assert expected in text
    assert all(a.get("scope") in ("row", "col") for a in seen.all("th"))
    assert len(seen.all("caption")) == len(seen.all("table")) > 2
    assert all(a.get("alt") for a in seen.all("img"))
    assert all(a.get("aria-label") or a.get("aria-hidden") for a in seen.all("svg"))


def test_pictures_are_inside(page: str, folder: Path) -> None:
    flat, photo = (str(a["src"]) for a in Seen(page).all("img"))
    decoded = []
    for source in (flat, photo):
        coded = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
        decoded.append(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    for name, picture in zip(("flat", "photo"), decoded, strict=True):
        original = cv2.imread(str(folder / "strips" / f"{name}.png"))
        assert np.abs(picture.astype(float) - original).mean() < 6
    assert flat.startswith("data:image/png")
    assert photo.startswith("data:image/jpeg")


@pytest.mark.parametrize("place", ["../secret.png", "strips/none.png", "notes.txt", ""])
def test_pictures_come_from_the_folder_alone(tmp_path: Path, place: str) -> None:
    cv2.imwrite(str(tmp_path / "secret.png"), np.zeros((4, 4, 3), np.uint8))
    inside = tmp_path / "run"
    inside.mkdir()
    (inside / "notes.txt").write_text("private")
    run = results(protocol([row("a", "light", [1.0, 2.0])], strips=[Strip("s", ["x"], place)]))
    page = render_report(run, inside)
    assert "data:image" not in page
    assert "is missing" in page


def test_same_results_same_page(folder: Path, page: str) -> None:
    run = Results.from_json(full_run(folder).to_json().encode("utf-8", "replace").decode())
    again = [render_report(run, folder), render_report(run, folder)]
    assert again[0] == again[1]


def test_both_files_are_written_and_read_back(tmp_path: Path) -> None:
    run = results(protocol([row("relume", "light", [0.1, 0.2])]))
    path = write_report(run, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "results.json"]
    assert Results.read(tmp_path / "results.json") == run
    with pytest.raises(OutputError, match="exists already"):
        write_report(run, tmp_path)
    write_report(run, tmp_path, overwrite=True)
    assert path.read_text(encoding="utf-8") == render_report(run, tmp_path)


def test_failing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Results, "to_json", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_report(results(protocol([])), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "run",
    [
        results(),
        results(protocol([])),
        results(protocol([], failures=[Failure("", "", "nothing fitted")])),
        results(protocol([row("relume", "light", [0.5])])),
        results(protocol([row("relume", "light", [0.5, 0.5]), row("b", "light", [0.5, 0.5])])),
        results(protocol([Row("relume", "light", 3.0, 3.0, 3.0, 500, {})])),
        results(protocol([row("relume", "light", [float("nan"), 1.0])])),
        results(protocol([row("relume", "light", [1e-12, 2e-12])])),
        results(protocol([row("a", "light", [1.0])], curves=[Curve("c", "i", [], {"a": []})])),
        results(
            protocol(
                [row("a", "light", [1.0])],
                curves=[Curve("c", "i", [0.0, 1.0, 2.0], {"b": [1.0, float("nan"), 1.0]})],
            )
        ),
    ],
)
def test_thin_results_still_make_a_page(run: Results, tmp_path: Path) -> None:
    page = render_report(run, tmp_path)
    coordinates = " ".join(re.findall(r' (?:x|y|cx|cy|x1|x2|y1|y2|points)="([^"]*)"', page))
    assert "nan" not in coordinates
    assert "inf" not in coordinates
    assert Seen(page).tags
    for protocol_ in run.protocols:
        for failure in protocol_.failures:
            assert failure.reason in page


def test_best_is_marked_only_when_clear() -> None:
    def made(method: str, low: float, high: float, n: int = 9) -> Row:
        mean = (low + high) / 2
        return Row(method, "light", mean, low, high, n, dict.fromkeys(map(str, range(n)), mean))

    clear, other, wide = made("a", 1, 2), made("b", 3, 4), made("c", 1.5, 9)
    assert best_of(LIGHT, [other, clear]) is clear
    assert best_of(IDENTITY, [clear, other]) is other
    assert best_of(LIGHT, [clear, other, wide]) is None  # not the next, but it overlaps
    assert best_of(LIGHT, [clear, made("b", 2, 3)]) is None
    assert best_of(LIGHT, [clear]) is None
    truth = made("oracle", 0, 0.5)
    assert best_of(LIGHT, [truth, clear, other]) is clear  # a reference is no rival
    assert best_of(LIGHT, [truth, clear]) is None
    assert best_of(LIGHT, [made("a", 1, 1, n=1), other]) is None  # one item has no interval
    assert best_of(LIGHT, [made("a", 1, 2, n=11), other]) is None  # the twelfth may be the hard one
    assert best_of(LIGHT, [Row("a", "light", 1, 1, 1, 500, {}), other]) is None


def test_nearest_to_one_is_best() -> None:
    gain = Metric("gain", "Gain", "one")

    def made(method: str, low: float, high: float) -> Row:
        return Row(method, "gain", (low + high) / 2, low, high, 12, {"a": low, "b": high})

    low, right, high = made("low", 0.4, 0.6), made("right", 0.9, 1.05), made("high", 1.2, 1.3)
    assert best_of(gain, [low, right, high]) is right
    assert best_of(gain, [low, made("wide", 0.5, 2.0)]) is None
    assert best_of(gain, [low, high]) is high


def test_groups_are_told_with_their_size(tmp_path: Path) -> None:
    rows = [row("relume", "light", [0.2, 0.4, 0.6]), row(NASTY, "light", [0.5, 0.5, 0.5])]
    part = [Row("relume", "light", 0.3, 0.2, 0.4, 2, {}), Row(NASTY, "light", 0.5, 0.5, 0.5, 2, {})]
    groups = [
        Group("skin", "dark", ["clip0", "clip1"], part),
        Group("skin", NASTY, ["clip2"], [Row("relume", "light", 0.6, 0.6, 0.6, 1, {})]),
    ]
    run = results(protocol(rows, groups=groups))
    text = " ".join(Seen(render_report(run, tmp_path)).text)
    assert "By skin" in text
    assert "dark (2 items)" in text
    assert "(1 item)" in text
    assert "0.20 to 0.40" in text
    assert Results.from_json(run.to_json()) == run


def test_failures_of_one_reason_stand_in_one_line(tmp_path: Path) -> None:
    failures = [Failure(f"clip{k}", "dpr", "it can't move the camera") for k in range(9)]
    failures += [Failure(f"v{k}", "rival", f"rival/v{k}/split: no frames") for k in range(20)]
    failures += [Failure("clip3", "dpr", "clip3: no face was found")]
    page = render_report(
        results(protocol([row("relume", "light", [1, 2])], failures=failures)), tmp_path
    )
    text = " ".join(Seen(page).text)
    assert text.count("it can't move the camera") == 1
    assert ", ".join(f"clip{k}" for k in range(9)) in text
    assert "no face was found" in text
    assert text.count("rival/…/split: no frames") == 1
    assert "v11 and 8 more" in text


def test_estimators_say_what_they_stand_in_for() -> None:
    assert "Stands in for RAFT" in standing_in(EstimatorRecord("flow", "OpenCV DIS", "4", ""))
    assert "Stands" not in standing_in(EstimatorRecord("flow", "RAFT (torchvision)", "1", ""))
    both = standing_in(EstimatorRecord("features", "EfficientNet-lite0", "1", ""))
    assert "Stands in for LPIPS and Inception" in both
    assert standing_in(EstimatorRecord("weather", "x", "1", "")) == ""


@given(st.text())
def test_any_text_comes_back_as_text(text: str) -> None:
    element = tag("p", text, title=text)
    seen = Seen(element)
    cleaned = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert [name for name, _ in seen.tags] == ["p"]
    assert "".join(seen.text) == cleaned
    assert (seen.tags[0][1]["title"] or "") == cleaned
    assert tag("p", Markup("<b></b>")) == "<p><b></b></p>"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, 1, "1\u2009234.5"),
        (-0.25, 2, "\u22120.25"),
        (-0.001, 2, "0.00"),
        (3e-9, -2, "3.00e\u221209"),
        (float("nan"), 2, "not a number"),
        (float("inf"), 2, "∞"),
    ],
)
def test_numbers_are_written_for_readers(value: float, decimals: int, text: str) -> None:
    assert figure(value, decimals) == text


def test_digits_follow_the_uncertainty() -> None:
    assert column_format([0.3041], [0.021]) == 3
    assert column_format([33.16], [0.8]) == 2
    assert column_format([0.3041], []) == 3
    assert column_format([], []) == 0


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3), st.integers(2, 6))
def test_axis_marks_lie_on_the_axis(low: float, relative: float, most: int) -> None:
    span = relative * max(1.0, abs(low))
    marks = ticks(low, low + span, most)
    assert len(marks) <= most + 1
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value, _ in marks)


def test_what_was_not_measured_is_said_once(tmp_path: Path) -> None:
    rows = [row("a", "light", [1.0, 2.0]), row("b", "light", [3.0, 4.0])]
    run = results(protocol(rows, method_order=["a", "gone", "b"]))
    page = render_report(run, tmp_path)
    table = page[page.index("<table") : page.index("</table>")]
    assert table.count("not measured") == 1  # one line for the method, not one a metric
    assert "Identity" not in table  # a metric that nobody has is no column,
    assert "Not measured in this run." in page  # but is not passed over either
