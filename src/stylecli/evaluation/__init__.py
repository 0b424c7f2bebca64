"""Metrics of style transfer that need no weights: style closure, content retention, deception.

All take sequences of PIL images or arrays and return plain frozen values with coded warnings.
Import them from their modules, which bear the metrics' names.
"""
