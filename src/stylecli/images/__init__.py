"""Pictures in and out: reading any file as RGB, sizes, grids, and PNGs that say how they were made."""
