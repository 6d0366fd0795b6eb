"""The public log: checkpoint, tiles, anchor evidence and the operator's trust file."""
