"""Styles: the value, the file, and the library of named styles."""
