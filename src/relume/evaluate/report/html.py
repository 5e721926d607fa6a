"""HTML and SVG from nested calls; every plain string is escaped, so names may hold anything."""

from __future__ import annotations

import re
from html import escape

__all__ = ["Child", "Markup", "join", "tag"]

_VOID = {"img", "meta"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | int | None


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """One element.

    Args:
        name: of the element.
        children: `Markup` goes in as it is, other values as escaped text, None not at all.
        attributes: `class_` is class, `stroke_width` is stroke-width; None leaves one out, an
            empty string writes the bare name.
    """
    text = "".join(_attribute(k, v) for k, v in attributes.items() if v is not None)
    end = "" if name in _VOID else f"{join(*children)}</{name}>"
    return Markup(f"<{name}{text}>{end}")


def join(*children: Child) -> Markup:
    """Pieces one after the other, plain strings escaped."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else escape(_clean(str(child)), quote=False)
            for child in children
            if child is not None
        )
    )


def _attribute(name: str, value: str | float) -> str:
    name = name.rstrip("_").replace("_", "-")
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    if value == "":
        return f" {name}"
    return f' {name}="{value if isinstance(value, Markup) else escape(_clean(str(value)))}"'


def _clean(text: str) -> str:
    """Control characters, and halves of characters as undecodable file names have them, out."""
    return _NOT_TEXT.sub("\ufffd", text)


_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
