"""Networks that metrics rest on: which files are here, whether they are the right ones, and fetching them."""
