"""Hooks that let the n-th call of a kind fail once. What they are put on knows nothing of them."""
