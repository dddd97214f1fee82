"""The command line: reads what a person typed, runs a crawl in this process, and says how it went."""
