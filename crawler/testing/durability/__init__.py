"""Whether crawls survive what happens to them: killed at random moments, or an I/O call that fails.

`crawl test` on the command line, `survives_kills` in a test.
"""
