"""Captioning a folder of pictures."""
