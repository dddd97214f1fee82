"""Pure rules: each answers one question about a request, an answer or a host."""
