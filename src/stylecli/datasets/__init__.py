"""Folders of style pictures with captions."""
