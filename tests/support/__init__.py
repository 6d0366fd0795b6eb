"""Helpers and fixtures shared by the test folders; tests/conftest.py loads the fixtures."""
