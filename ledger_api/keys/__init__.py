"""Signing keys over HTTP: what is registered, and what the next statement must carry."""
