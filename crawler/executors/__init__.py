"""Code of plugins at its place: on the loop, in threads, in processes."""
