"""Items and their proofs: `/api/items/{code}` and `/api/proofs`."""
