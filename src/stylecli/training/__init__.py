"""Training: cached examples, the loss, one fine-tuning loop for every method."""
