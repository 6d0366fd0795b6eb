"""Batches in, receipts out: `POST /api/batches` and what became of it."""
