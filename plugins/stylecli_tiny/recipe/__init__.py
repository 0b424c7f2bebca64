"""The training recipe of the embedded base: pictures in, a diffusers pipeline folder out.

Run ``python -m stylecli_tiny.recipe --help``; MODEL_CARD.md beside this package tells what it made.
"""
