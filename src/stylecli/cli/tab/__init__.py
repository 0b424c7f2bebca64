"""What TAB offers, from a menu of the whole program that is kept on the disk.

An empty Typer program takes more than twice as long to answer a TAB as ``import typer`` takes. So the
menu is drawn from the real commands once, kept with the state of everything it was drawn from, and
drawn again when that changes: another version, another plugin, an edited module. Until then a TAB
imports neither Typer nor a plugin. What changes from minute to minute (styles, runs) is looked up.
"""
