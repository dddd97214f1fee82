"""What the number means with which the command ends."""

from __future__ import annotations

from enum import IntEnum

from crawler.cli.refusals import refusal
from crawler.errors import (
    ConfigError,
    CrawlerError,
    NewerState,
    OtherCrawl,
    OutputError,
    PluginError,
    SpiderError,
    StateError,
    StateInUse,
)


class ExitCode(IntEnum):
    """How the command ended, for shells and schedulers."""

    FINISHED = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIG = 3
    PLUGIN = 4
    OUTPUT = 5
    NOTHING = 6
    STATE = 7
    IN_USE = 8
    OTHER_CRAWL = 9
    DISK_FULL = 10
    TEST = 11
    NEWER_STATE = 12
    HANGUP = 129
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


#: One line for each code, as help and documentation show it.
MEANINGS = {
    ExitCode.FINISHED: "finished, also when a limit ended it",
    ExitCode.UNEXPECTED: "unexpected error, with a traceback: please report it",
    ExitCode.USAGE: "wrong command line",
    ExitCode.CONFIG: "wrong configuration",
    ExitCode.PLUGIN: "the spider or another plugin cannot be loaded or used",
    ExitCode.OUTPUT: "the output cannot be written",
    ExitCode.NOTHING: "nothing came of it: not one page succeeded, or every item failed in a stage",
    ExitCode.STATE: "the state cannot be read or written",
    ExitCode.IN_USE: "another process crawls on this state",
    ExitCode.OTHER_CRAWL: "the state holds an unfinished crawl with other settings",
    ExitCode.DISK_FULL: "no space left on the disk: free some and run the same command again, it goes on",
    ExitCode.TEST: "`crawl test` found a difference",
    ExitCode.NEWER_STATE: "the state was written by a newer version of this program",
    ExitCode.HANGUP: "the terminal was closed (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C, SIGINT)",
    ExitCode.PIPE: "who read standard output went away",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}

# The first row that fits counts.
_OF_ERRORS: tuple[tuple[type[CrawlerError], ExitCode], ...] = (
    (ConfigError, ExitCode.CONFIG),
    (PluginError, ExitCode.PLUGIN),
    (SpiderError, ExitCode.PLUGIN),
    (OutputError, ExitCode.OUTPUT),
    (StateInUse, ExitCode.IN_USE),
    (OtherCrawl, ExitCode.OTHER_CRAWL),
    (NewerState, ExitCode.NEWER_STATE),
    (StateError, ExitCode.STATE),
)


def code_of(error: Exception) -> ExitCode:
    """Return the code that an error which a person can mend ends the command with."""
    refused = refusal(error)
    if refused is not None and refused.full:
        return ExitCode.DISK_FULL
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), ExitCode.UNEXPECTED)


def described() -> str:
    """Return the list of all codes, one a line."""
    return "\n".join(f"{code:>3}  {meaning}" for code, meaning in MEANINGS.items())
