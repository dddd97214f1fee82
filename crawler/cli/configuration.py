"""From a path on the command line to settings and a spider, or to problems with file and line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from typer import BadParameter

from crawler.assembly import make_form, make_scope, placed_callbacks
from crawler.engine.admission import Admission
from crawler.engine.callbacks import Callbacks
from crawler.errors import ConfigError, Problem, UrlError
from crawler.making import check_has_start, make_spider, placements_of_callbacks
from crawler.model import Reason
from crawler.observe.reasons import explain
from crawler.settings import Output, Settings, State, from_mapping, load, located
from crawler.settings.values import ANY_SUFFIX
from crawler.spider import Spider
from crawler.starts import Sitemap, UrlFile
from crawler.url import canonical


def read(
    path: Path, overrides: Sequence[str] = (), output: Sequence[str] = (), max_pages: int | None = None
) -> Settings:
    """Return the settings of a file with what the command line changes.

    Args:
        path: the configuration.
        overrides: "key=value" each.
        output: files to write items to, in place of the configured ones.
        max_pages: end after this many pages.

    Raises ConfigError; a problem of an option is told under the option's name.
    """
    changes = list(overrides)
    if output:
        changes.append(f"output={json.dumps(list(dict.fromkeys(output)))}")
    if max_pages is not None:
        changes.append(f"limits.pages={max_pages}")
    try:
        return load(path, changes)
    except ConfigError as error:
        raise ConfigError([_of_option(one) if output else one for one in error.problems]) from None


def for_one_page(path: Path | None, allow: Sequence[str]) -> Settings:
    """Return the settings of a file, or the defaults, with further networks that may be contacted."""
    settings = load(path) if path is not None else from_mapping({})
    more = from_mapping({"fetch": {"allow": list(allow)}}).fetch.allow
    fetch = settings.fetch.model_copy(update={"allow": (*settings.fetch.allow, *more)})
    return settings.model_copy(update={"fetch": fetch})


def whole_url(url: str) -> str:
    """Return a URL from the command line in canonical form. Raises typer.BadParameter."""
    try:
        return canonical(url)
    except UrlError as error:
        raise BadParameter(str(error), param_hint="URL") from None


def completed(settings: Settings) -> Settings:
    """Return the settings with what the command decides: `NAME.jsonl` here, and the state in `.crawl`."""
    changes: dict[str, Any] = {}
    if not settings.output:
        changes["output"] = (Output(file=f"{settings.name}.jsonl"),)
    if settings.state is None:
        changes["state"] = State(file=f".crawl/{settings.name}.db")
    return settings.model_copy(update=changes)


def spider_of(settings: Settings, path: Path) -> Spider:
    """Return the spider that the settings ask for. Raises ConfigError, with lines, and PluginError."""
    try:
        return make_spider(settings)
    except ConfigError as error:
        raise ConfigError([located(problem, settings) for problem in error.problems]) from None


def _of_option(problem: Problem) -> Problem:
    if problem.file == "--set" and problem.path.startswith("output"):
        hint = problem.hint.replace(ANY_SUFFIX, "; or write --set 'output={file: NAME, format: jsonl}'")
        return replace(problem, file="--output", path="", hint=hint)
    return problem


def offline_callbacks(settings: Settings, spider: Spider) -> Callbacks:
    """Return a spider's callbacks, all to be run right here, wherever a crawl would run them."""
    return Callbacks(
        spider, dict.fromkeys(placed_callbacks(spider, placements_of_callbacks(settings, spider)))
    )


def check_start_file(settings: Settings, spider: Spider) -> None:
    """Raise ConfigError when the start URLs stand in a file that is not there."""
    start = spider.start
    if not isinstance(start, UrlFile) or Path(start.path).is_file():
        return
    message = f"there is no file {start.path}"
    if settings.start is None:
        problem = Problem(message, "spider", hint=f"{type(spider).__name__}.start names it")
    else:
        problem = Problem(message, "start.file", hint="the path is relative to the configuration's folder")
    raise ConfigError([located(problem, settings)])


def check_starts(settings: Settings, spider: Spider, path: Path) -> None:
    """Look at start URLs and callbacks as far as they are known before the crawl.

    Raises ConfigError for a start that cannot be used, SpiderError for a callback that is missing.
    """
    try:
        check_has_start(settings, spider)
    except ConfigError as error:
        raise ConfigError([replace(problem, file=str(path)) for problem in error.problems]) from None
    callbacks = offline_callbacks(settings, spider)
    if settings.start is not None:
        callbacks.find("parse")  # which gets the pages of every start that a configuration can name
    check_start_file(settings, spider)
    start = spider.start
    admission = Admission(
        make_scope(settings, spider), lambda key: False, callbacks.find, form=make_form(settings)
    )
    problems = []
    for one in [start] if isinstance(start, str | UrlFile | Sitemap) else start:
        if isinstance(one, UrlFile):
            continue
        try:
            refused = admission.start(one.request() if isinstance(one, Sitemap) else copy(one))
        except UrlError as error:
            problems.append(Problem(str(error), "start"))
            continue
        if isinstance(refused, Reason):
            told = one.url if isinstance(one, Sitemap) else one
            problems.append(Problem(f"{told} is out of scope: {explain(refused)}", "start"))
    if problems:
        raise ConfigError([located(problem, settings) for problem in problems])
