"""Looks at everything that stylecli needs, and says what is wrong and what to type.

Nothing that is broken may stop it: libraries are tried in a process of their own, and a check that
fails is a finding like any other.
"""
