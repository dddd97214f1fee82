"""One module a command; `crawler.cli.main` lists them."""
