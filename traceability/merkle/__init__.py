"""The log's tree and the state trees: hashes, proofs, tiles and signed heads, all without I/O.

Read `tree.py` and `proofs.py` first; `tiles.py` is how a large tree is kept.
"""
