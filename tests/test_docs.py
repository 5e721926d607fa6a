"""What the documents tell to type does what they say."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import relume
from relume.media import open_video, write_image

from .conftest import ROOT

_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_python_blocks_run_one_after_the_other(
    name: str, short_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(short_clip, tmp_path / "talk.mp4")
    with open_video(short_clip) as reader:
        write_image(tmp_path / "portrait.png", next(iter(reader)).rgb8)
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    blocks = _PYTHON.findall((ROOT / name).read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        exec(block, space)
    assert not (tmp_path / "never.mp4").exists()


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", text):
        if target and "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md", "docs/lights.md"])
def test_no_command_of_a_page_stumbles_over_what_one_above_it_has_written(name: str) -> None:
    """An output that exists already is refused, so each command writes one of its own."""
    text = (ROOT / name).read_text(encoding="utf-8")
    outputs = re.findall(r"relume (?:relight|track|mesh|light|eval)\b[^`\n#]*? -o ([^\s`]+)", text)
    outputs = [output for output in outputs if output != "virtualcam:"]
    assert outputs
    assert sorted(set(outputs)) == sorted(outputs)


@pytest.mark.parametrize("room", ["geometry", "light", "media", "pipeline"])
def test_help_tells_of_every_field(room: str) -> None:
    """Texts under fields are not shown by it."""
    here = getattr(relume, room)
    public = [getattr(here, name) for name in here.__all__]
    for kind in filter(dataclasses.is_dataclass, public):
        for field in dataclasses.fields(kind):
            told = re.search(rf"^ {{8}}(\w+, )*{field.name}[,:]", kind.__doc__ or "", re.MULTILINE)
            assert told or field.name.startswith("_"), f"{kind.__name__}.{field.name}"
