"""Supplier quality over HTTP: `/api/suppliers/{gln}/score`."""
