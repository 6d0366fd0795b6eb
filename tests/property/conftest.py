"""Property tests may take their time: a slow machine is no fault, and speed is `make bench`'s."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("itemproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("itemproof")
