"""One trial: a run in which one call fails, then what brings the crawl to its end, then the comparison."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import Struct

from crawler.contracts import State
from crawler.errors import StateError
from crawler.store.retrying import ended
from crawler.testing.durability.found import Difference, Found, compare, look
from crawler.testing.durability.torture.crawl import NO_FAULT, Fault, Ran, run
from crawler.testing.durability.trial import STATE, Subject

#: Exit codes with which a run may end over a call that fails once: 5, 7 and 10 say what failed.
DOCUMENTED = frozenset({0, 5, 6, 7, 10})
#: With these, standard error says which call it was.
_TELLING = frozenset({4, 5, 7, 10})
#: Kinds over which a plugin's code fails, which is told with its traceback.
_PLUGINS_OWN = frozenset({"parse"})
#: Kinds over which no worker process can be had, nor a thread.
_PLACES = frozenset({"spawn", "thread"})
#: Runs after the one that failed; the first is enough, and `crawl retry` wants one more.
_RUNS = 4
_NOISE = re.compile(
    r"Traceback \(most recent call last\)|Exception ignored|ResourceWarning|never (?:awaited|retrieved)"
)
_STEM = "items."


#: What a crawl finds in its folder: nothing; or what one left that was killed, or came to its limit of pages.
PHASES = ("", "killed", "stopped")


Also = Callable[[Path], Iterable[str]]


@dataclass(slots=True)
class Bench:
    """What every trial of a configuration is compared with.

    Attributes:
        subject: what is crawled.
        folder: where the trials have their folders.
        limit: seconds that a run may take.
        whole: what an undisturbed crawl leaves.
        wavering: names of requests that are not the same in two undisturbed crawls.
        given_up: what an undisturbed crawl gives up, by reason.
        left: what an undisturbed crawl leaves in its process: the event loop's own pipe, say.
        half: at this of its commits a crawl is killed that is to be gone on with.
        also: called with the folder of a crawl that is over; returns what else is wrong there, in words.
    """

    subject: Subject
    folder: Path
    limit: float
    whole: Found
    wavering: set[str]
    given_up: Mapping[str, int]
    left: Counter[str] = field(default_factory=Counter)
    half: int = 1
    also: Also = lambda folder: ()


def split(kind: str) -> tuple[str, str]:
    """Return the phase and the kind that a name such as `killed/write` stands for."""
    phase, slash, name = kind.rpartition("/")
    return (phase, name) if slash else ("", kind)


class Outcome(Struct):
    """What came of a trial.

    Attributes:
        kind, call: which call failed; the kind with its phase, as in `killed/write`.
        reached: there was such a call.
        codes: the exit codes of its runs, the one that failed first.
        ways: what brought it to its end: "went on", "retry", "anew"; nothing when it ended by itself.
        reasons: for which pages were given up, and given back by `crawl retry`.
        where: where the call came from, innermost first.
        wrong: what is not as it should be, in words.
        said: the last words of the run that failed.
        folder: where the trial was, kept when something was wrong.
    """

    kind: str
    call: int
    reached: bool = False
    codes: list[int] = []
    ways: list[str] = []
    reasons: list[str] = []
    where: list[str] = []
    wrong: list[str] = []
    said: str = ""
    folder: str = ""


def start(subject: Subject, folder: Path, limit: float, fault: Fault = NO_FAULT, *more: str) -> Ran:
    """Run the crawl once, with one call that fails, and further words of the command line.

    For the kind `fsync` files are made certain, as nobody does unasked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    full = ("--set", "state.synchronous=full") if fault.kind == "fsync" else ()
    return run(folder, [*subject.words(), *full, *more], (_STEM,), fault, limit=limit)


def try_call(bench: Bench, kind: str, call: int) -> Outcome:
    """Have one call fail, bring the crawl to its end, and compare what it left."""
    phase, name = split(kind)
    folder = bench.folder / f"{kind.replace('/', '-')}-{call}"
    shutil.rmtree(folder, ignore_errors=True)
    wrong = prepare(bench, folder, phase)
    ran = start(bench.subject, folder, bench.limit, Fault(name, call))
    outcome = Outcome(kind, call, bool(ran.where), [ran.code], where=ran.where, said=ran.said[-2_000:])
    outcome.wrong += wrong + _ended(ran, bench, name)
    _recover(bench, folder, outcome)
    if outcome.wrong:
        outcome.folder = str(folder)
    else:
        _clear(folder)
    return outcome


def prepare(bench: Bench, folder: Path, phase: str) -> list[str]:
    """Make in a folder what a crawl finds in a phase; return what went wrong.

    A crawl knows its outputs by their whole path, so nothing can be copied from another folder.
    """
    if phase == "killed":
        start(bench.subject, folder, bench.limit, Fault("commit", bench.half, deadly=True))
    elif phase == "stopped":
        pages = str(max(1, bench.whole.pages // 2))
        ran = start(bench.subject, folder, bench.limit, NO_FAULT, "--max-pages", pages)
        return [f"the run up to the limit {words}" for words in _ended(ran, bench, "")]
    return []


def reasons_of(folder: Path) -> dict[str, int]:
    """Return for which reasons requests were given up, and how many; nothing where there is no state."""
    try:
        found = ended(folder / STATE, State.GAVE_UP)
    except StateError:
        return {}
    reasons: Counter[str] = Counter()
    for one in found:
        reasons[one.reason] += one.requests
    return reasons


def _ended(ran: Ran, bench: Bench, kind: str) -> list[str]:
    """Return what is wrong with the end of a run over whose calls one has failed, if any did."""
    wrong = []
    documented = DOCUMENTED | {4} if kind in _PLACES else DOCUMENTED
    if ran.code not in documented or (ran.code and not ran.where):
        wrong.append(f"ended with {ran.code}")
    if ran.where and ran.code in _TELLING and not any(word in ran.said for word in ran.told.split("|")):
        wrong.append(f"ended with {ran.code} and does not say: {ran.told}")
    noise = _NOISE.search(ran.said)
    if noise is not None and not (kind in _PLUGINS_OWN and noise[0].startswith("Traceback")):
        wrong.append(f"said on standard error: {noise[0]}")
    more = Counter(ran.left) - bench.left
    return wrong + [f"left {name}" for name in more]


def _recover(bench: Bench, folder: Path, outcome: Outcome) -> None:
    code = outcome.codes[0]
    for _ in range(_RUNS):
        if code == 0:
            wrong = [
                f"{one} ({one.examples[0]})" for one in _differences(bench, folder, split(outcome.kind)[1])
            ]
            if not wrong:
                outcome.wrong += bench.also(folder)
                return
            if not _give_back(bench, folder, outcome):
                outcome.wrong += wrong
                return
        else:
            outcome.ways.append("went on")
        ran = start(bench.subject, folder, bench.limit)
        code = ran.code
        outcome.codes.append(code)
        outcome.wrong += [f"the run after it {words}" for words in _ended(ran, bench, "")]
    outcome.wrong.append(f"it does not come to its end: {outcome.codes}")


def _differences(bench: Bench, folder: Path, kind: str) -> Sequence[Difference]:
    found = look(folder)
    if kind == "unlink":  # a lock that could not be removed stays, and hurts nobody
        found = replace(
            found, files=frozenset(name for name in found.files if not name.endswith(".part.lock"))
        )
    return compare(bench.whole, found, wavering=bench.wavering)


def _give_back(bench: Bench, folder: Path, outcome: Outcome) -> bool:
    """Let pages wait again that were given up over the call; say whether there were any."""
    more = Counter(reasons_of(folder)) - Counter(bench.given_up)
    if not more:
        return False
    words = ["retry", str(STATE)]
    for reason in more:
        words += ["--reason", reason]
    ran = run(folder, words, (_STEM,), limit=bench.limit)
    if ran.code:
        outcome.wrong.append(f"crawl retry ended with {ran.code}: {ran.said}")
    outcome.ways.append("retry")
    outcome.reasons += more
    return not ran.code


def _clear(folder: Path) -> None:
    shutil.rmtree(folder)
    for path in folder.parent.glob(f"{folder.name}.*"):
        path.unlink()
