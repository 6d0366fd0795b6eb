"""Property tests have no deadline: a slow machine is no fault, and speed is `make bench`'s."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("itemproof", deadline=None)
settings.load_profile("itemproof")
