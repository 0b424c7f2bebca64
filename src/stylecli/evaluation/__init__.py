"""The protocol that every style and method is judged by, and the report of it."""
