"""Draws docs/stages.svg: where each millisecond of a frame goes, from figures of `relume bench`.

relume bench talk.mp4 --seconds 40 --json frontal.json
relume bench talk.mp4 --seconds 40 --yaw 12 --json turned.json
python tools/draw_stage_chart.py docs/stages.svg frontal=frontal.json "turned by 12°=turned.json"
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

COLOURS = {
    "decode": "#8da0cb",
    "track": "#66c2a5",
    "prepare": "#a6d854",
    "plan": "#ffd92f",
    "relight": "#fc8d62",
    "encode": "#e78ac3",
    "other threads": "#b3b3b3",
}
LEFT, WIDE, BAR, GAP, TOP = 130, 720, 34, 46, 40


def rows(arguments: list[str]) -> list[tuple[str, dict[str, float], float, int]]:
    """Title, core-milliseconds a frame by stage, frames a second, cores: a bar for each model."""
    out = []
    for argument in arguments:
        name, _, file = argument.partition("=")
        run = json.loads(Path(file).read_text())
        for model, rounds in run["rounds"].items():
            costs = {
                stage: statistics.median([r["stages"][stage]["core_ms"] for r in rounds])
                for stage in rounds[0]["stages"]
            }
            costs["other threads"] = statistics.median([r["others_core_ms"] for r in rounds])
            fps = statistics.median([r["fps"] for r in rounds])
            out.append((f"{model}, {name}", costs, fps, int(run["machine"]["cores"])))
    return out


def draw(bars: list[tuple[str, dict[str, float], float, int]]) -> str:
    """The chart."""
    most = max(max(sum(costs.values()), 1000 * cores / fps) for _, costs, fps, cores in bars)
    scale = WIDE / most
    height = TOP + len(bars) * (BAR + GAP) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 40}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    x = LEFT
    for stage, colour in COLOURS.items():
        out.append(f'<rect x="{x}" y="10" width="12" height="12" fill="{colour}"/>')
        out.append(f'<text x="{x + 16}" y="21">{stage}</text>')
        x += 36 + 7 * len(stage)
    for k, (title, costs, fps, cores) in enumerate(bars):
        y = TOP + k * (BAR + GAP)
        first, _, second = title.partition(", ")
        out.append(f'<text x="8" y="{y + 15}" font-weight="bold">{first}</text>')
        out.append(f'<text x="8" y="{y + 31}">{second}</text>')
        at = float(LEFT)
        for stage, cost in costs.items():
            width = cost * scale
            out.append(
                f'<rect x="{at:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" '
                f'fill="{COLOURS[stage]}"/>'
            )
            if width > 26:
                out.append(
                    f'<text x="{at + width / 2:.1f}" y="{y + 22}" text-anchor="middle">'
                    f"{cost:.1f}</text>"
                )
            at += width
        bound = LEFT + 1000 * cores / fps * scale
        out.append(
            f'<line x1="{bound:.1f}" y1="{y - 4}" x2="{bound:.1f}" y2="{y + BAR + 4}" '
            'stroke="black" stroke-dasharray="4 3"/>'
        )
        out.append(
            f'<text x="{LEFT}" y="{y + BAR + 18}">{sum(costs.values()):.1f} core-ms a frame; '
            f"{fps:.1f} fps: all that {cores} cores had (dashed) is "
            f"{1000 * cores / fps:.1f} core-ms</text>"
        )
    return "\n".join([*out, "</svg>", ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(rows(sys.argv[2:])), encoding="utf-8")
