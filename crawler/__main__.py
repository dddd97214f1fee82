"""Lets `python -m crawler` stand for the command `crawl`."""

from crawler.cli.main import main

main()
