"""What this machine and interpreter offer a crawl: one topic a file, all of them in `topics.py`."""
