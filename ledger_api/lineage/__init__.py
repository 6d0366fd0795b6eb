"""Lineage over HTTP: `/api/trace`, `/api/recall`, `/api/journey`."""
