"""Training of the light estimator, on made-up people alone.

Run it with `python -m relume.evaluate.light_estimator`.

Kept apart from everything that trains relume: other heads, other albedo, other lights, and
shadows found by depth maps from the lamps.
"""
