"""Asking people: what they are shown, in which order, the local page, and how answers are kept."""
