"""What people say of outputs: their answers, and what follows from them."""
