"""The whole report as one page that needs nothing else."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ..results import Machine, Protocol, Results
from .html import Child, Markup, join, tag
from .published import standing_in
from .section import protocol_section
from .tables import plain_table

__all__ = ["render_report"]

# Nothing may be loaded and nothing may run, whatever the names in it hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
_READING = (
    "Each figure is the mean over a protocol's items (videos or pictures); below it stand the ends"
    " of its 95% interval, found by drawing the items again with replacement. A figure is marked as"
    " best only where its interval is clear of every other method's and all are over as many items;"
    " the references (untouched, oracle, frozen, blurred), set in grey, show what a metric gives to"
    " doing nothing, to the truth, to a picture that never moves and to lost detail, and are never"
    " marked. An item of which a method lacks lights or views that others have is left out of that"
    " method's figures, and stands among what was left out. Few items give intervals that are too"
    " narrow: with fewer than about ten, take differences with care."
)


def render_report(results: Results, folder: Path) -> str:
    """The report as HTML.

    Args:
        results: what to show.
        folder: where the strips' pictures are looked for.

    Returns:
        A complete document: no script, no link to anything outside it. The same results give the
        same text.
    """
    names = [p.title for p in results.protocols]
    title = f"Evaluation: {', '.join(names)}" if names else "Evaluation"
    sections = [
        protocol_section(protocol, folder, f"p{index}")
        for index, protocol in enumerate(results.protocols)
    ]
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    body = join(
        tag("header", tag("h1", "Evaluation report"), tag("p", _summary(results), class_="lead")),
        _contents(results.protocols),
        tag("main", _reading(results), *sections, _estimators(results)),
        _repeating(results),
    )
    return f"<!DOCTYPE html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _summary(results: Results) -> str:
    failures = len({failure for p in results.protocols for failure in p.failures})
    failed = {0: "nothing failed", 1: "one failure"}.get(failures, f"{failures} failures")
    count = len(results.protocols)
    protocols = "one protocol" if count == 1 else f"{count} protocols"
    return f"relume {results.relume}, {protocols}, seed {results.seed}, {failed}."


def _contents(protocols: list[Protocol]) -> Markup:
    entries: list[tuple[str, str]] = [(f"p{i}", p.title) for i, p in enumerate(protocols)]
    entries += [("estimators", "What measured"), ("repeat", "How to repeat it")]
    links = [tag("li", tag("a", title, href=f"#{anchor}")) for anchor, title in entries]
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _reading(results: Results) -> Markup:
    if not any(p.rows for p in results.protocols):
        return tag("p", "Nothing was measured.")
    return tag("details", tag("summary", "How to read the figures"), tag("p", _READING))


def _estimators(results: Results) -> Markup:
    heads = ["Measures", "Estimator", "Version", "SHA-256 of its weights", "Set beside the paper"]
    rows: list[list[Child]] = [
        [e.role, e.name, e.version, _digest(e.sha256), standing_in(e) or "-"]
        for e in results.estimators
    ]
    table: Child = plain_table("Networks and algorithms that measured", heads, rows)
    if not rows:
        table = tag("p", "No estimator was used.")
    return tag("section", tag("h2", "What measured"), table, id="estimators")


def _digest(sha256: str) -> Markup:
    if not sha256:
        return tag("span", "no weights", class_="missing")
    return tag("code", sha256, class_="digest")


def _repeating(results: Results) -> Markup:
    parts: list[Child] = [tag("h2", "How to repeat it")]
    if results.command:
        parts.append(tag("pre", tag("code", results.command), tabindex=0))
    parts.append(
        tag(
            "p",
            f"The seed was {results.seed}. With the same seed, data and versions, every figure that"
            " isn't a time repeats to the last digit.",
        )
    )
    parts.append(tag("dl", *_facts(results.relume, results.machine)))
    return tag("footer", *parts, id="repeat")


def _facts(relume: str, machine: Machine) -> list[Markup]:
    facts = {
        "relume": relume,
        "Python": machine.python,
        **machine.versions,
        "Processor": f"{machine.cpu}, {machine.cores} core{'' if machine.cores == 1 else 's'}",
        "System": machine.os,
    }
    return [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()]
