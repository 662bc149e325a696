"""Test folders are no packages: each may import the helper modules that lie beside its tests."""
