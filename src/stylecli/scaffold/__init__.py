"""Packages to begin a plugin with: they install, work and pass their own tests as they are."""
