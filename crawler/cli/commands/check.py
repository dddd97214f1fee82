"""`crawl check`: what a configuration would do."""

from __future__ import annotations

from crawler.cli.options import Config, Outputs, Sets


def check(config: Config, overrides: Sets = None, output: Outputs = None) -> None:
    """Check a configuration and say in words what it would do. Nothing is fetched.

    Spider and stages are loaded, selectors and patterns are read. Everything that is wrong is told at once,
    each with file, line, column and a hint. Every setting is shown with where it comes from.

    \b
    Example:
      crawl check configs/quickstart.yaml --set limits.depth=2
    """
    from crawler.assembly import check_plugins
    from crawler.cli import configuration
    from crawler.cli.plainwords import described, listed, without_secrets
    from crawler.observe.terminal import safe
    from crawler.settings import effective

    settings = configuration.completed(configuration.read(config, overrides or (), output or ()))
    spider = configuration.spider_of(settings, config)
    configuration.check_starts(settings, spider, config)
    places = check_plugins(settings, spider)
    print(f"{config}: nothing is wrong with it.\n")
    for label, words in described(settings, spider, places):
        print(f"{label:<10} {safe(without_secrets(words, settings), 2_000)}")
    print("\nAll settings, and where each comes from:\n")
    for line in listed(effective(settings), "--output" if output else ""):
        print(f"  {safe(line, 2_000)}")
