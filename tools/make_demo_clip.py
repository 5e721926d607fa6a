"""Make `src/relume/assets/demo.mp4` from one public-domain photograph (a developer's tool).

    apt-get install flite
    pip install scikit-image scipy
    python tools/make_demo_clip.py src/relume/assets/demo.mp4

The photograph is NASA's portrait of Eileen Collins, which scikit-image carries. It is cut into
studio, body, neck and head; relume's head model, fitted to it, gives the head's depth, what
expressions move and how a turn of the head changes its shading under the photograph's own, constant
light. The head is drawn as a textured mesh at full resolution, lids and lips close over what is
behind, and CMU Flite's voice "slt" gives the sound and the phones for the mouth. Every random
number is seeded: the same versions of the libraries make the same clip. Takes a few minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from demo_clip.anatomy import study
from demo_clip.film import expose, write_clip
from demo_clip.layers import cut
from demo_clip.performance import perform, speak
from demo_clip.portrait import portrait
from demo_clip.puppet import Puppet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="where demo.mp4 goes")
    args = parser.parse_args()
    picture = portrait()
    layers = cut(picture)
    puppet = Puppet(picture, layers, study(picture, layers.head_alpha))
    speech = speak()
    moments = perform(speech)
    begin = time.monotonic()
    frames = (expose(puppet.draw(moment), number) for number, moment in enumerate(moments))
    write_clip(args.output, frames, speech.sound)
    spent = time.monotonic() - begin
    print(
        f"{args.output}: {len(moments)} frames, {args.output.stat().st_size} bytes, {spent:.0f} s"
    )


if __name__ == "__main__":
    main()
