"""Parts of `make_demo_clip.py`."""
