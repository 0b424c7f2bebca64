"""The page on which people rate: from a server on this machine, or as one file for itself."""
