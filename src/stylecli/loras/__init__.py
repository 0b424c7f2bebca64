"""Low-rank changes of a model, and the layouts in which programs keep them in files."""
