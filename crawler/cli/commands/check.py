"""`crawl check`: what a configuration would do."""

from __future__ import annotations

from crawler.cli.options import Config, Outputs, Sets


def check(config: Config, overrides: Sets = None, output: Outputs = None) -> None:
    """Check a configuration and say in words what it would do. Nothing is fetched.

    The spider is loaded, selectors and patterns are read. Everything that is wrong is told at once,
    each with file, line and a hint.

    \b
    Example:
      crawl check configs/quickstart.yaml --set limits.depth=2
    """
    from crawler.cli import configuration
    from crawler.cli.plainwords import described
    from crawler.observe.terminal import safe
    from crawler.settings import effective

    settings = configuration.with_output(configuration.read(config, overrides or (), output or ()))
    spider = configuration.spider_of(settings, config)
    configuration.check_starts(settings, spider, config)
    print(f"{config}: nothing is wrong with it.\n")
    for label, words in described(settings, spider):
        print(f"{label:<10} {safe(words, 2_000)}")
    print("\nAll settings, defaults included:\n")
    for path, value in effective(settings):
        print(f"  {path}: {safe(value, 2_000)}")
