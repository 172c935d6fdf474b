"""Meshes as voxels (stub)."""
