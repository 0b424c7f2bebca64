"""What the user types and sees; the only place that prints."""
