"""What a crawl survives, tried out: `killing` ends it at random moments, `torture` lets its calls fail.

Both crawl a configuration (`trial`) at a site (`site`), first undisturbed; `found` compares what is left.
"""
