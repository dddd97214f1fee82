"""Prose that reads like prose and is the same on every machine and every Python."""

_MASK = (1 << 64) - 1

ADJECTIVES = (
    "amber", "brisk", "calm", "distant", "early", "faded", "gentle", "hollow",
    "idle", "jagged", "keen", "late", "mossy", "narrow", "open", "patient",
    "quiet", "restless", "silver", "tall", "uneven", "velvet", "warm", "young",
    "blue", "crooked", "dusty", "frosted", "golden", "humble", "little", "wide",
)  # fmt: skip
NOUNS = (
    "archive", "bridge", "cellar", "door", "engine", "ferry", "garden", "harbour",
    "island", "journal", "kettle", "lantern", "market", "notebook", "orchard", "path",
    "quarry", "river", "signal", "tower", "umbrella", "valley", "window", "yard",
    "bakery", "compass", "drawing", "field", "letter", "mill", "observatory", "station",
)  # fmt: skip
VERBS = (
    "answers", "borders", "carries", "crosses", "darkens", "explains", "follows", "gathers",
    "hides", "improves", "joins", "keeps", "leaves", "marks", "needs", "outlasts",
    "passes", "questions", "reaches", "shelters", "touches", "underlines", "visits", "warms",
    "builds", "changes", "divides", "echoes", "finds", "greets", "holds", "lights",
)  # fmt: skip
TAILS = (
    "after the rain", "before breakfast", "by candlelight", "at the edge of town", "every other winter",
    "for no clear reason", "in the long afternoon", "just as the map says", "late in the season",
    "more often than not", "near the old wall", "on the way home", "past the last house",
    "since the flood", "to everyone's surprise", "under a pale sky", "when nobody is looking",
    "with great care", "without a word", "year after year", "all the same", "between two hills",
    "down by the water", "as if by habit", "in good weather", "on market days", "out of season",
    "once in a while", "from one end to the other", "somewhere to the north", "until evening",
    "well into the night",
)  # fmt: skip
PATTERNS = (
    "The {0} {1} {2} the {3} {4} {5}.",
    "One {0} {1} {2} another {4} {5}.",
    "{5}, the {0} {1} {2} every {3} {4}.",
    "Nobody knows why the {1} {2} some {3} {4} {5}.",
    "It is said that the {0} {1} {2} the {4} {5}.",
    "Some {0} {1} {2} the {3} {4}, and the {1} is none the worse for it.",
    "Where the {1} ends, the {3} {4} begins; the {0} road {2} both {5}.",
    "Whoever {2} the {0} {1} has seen the {3} {4} {5}.",
)


class Draws:
    """A reproducible stream of numbers (splitmix64): the same seed draws the same numbers, always."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """Draw 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, limit: int) -> int:
        """Draw a number from 0 up to, not including, `limit`."""
        return self.bits() % limit


def sentence(draws: Draws) -> str:
    """Write the next sentence of a stream."""
    bits = draws.bits()
    text = PATTERNS[bits % len(PATTERNS)].format(
        ADJECTIVES[(bits >> 8) % len(ADJECTIVES)],
        NOUNS[(bits >> 16) % len(NOUNS)],
        VERBS[(bits >> 24) % len(VERBS)],
        ADJECTIVES[(bits >> 32) % len(ADJECTIVES)],
        NOUNS[(bits >> 40) % len(NOUNS)],
        TAILS[(bits >> 48) % len(TAILS)],
    )
    return text[0].upper() + text[1:]


def paragraphs(draws: Draws, size: int) -> list[str]:
    """Write paragraphs of three to seven sentences until they hold at least `size` characters together."""
    written: list[str] = []
    total = 0
    while total < size:
        written.append(" ".join(sentence(draws) for _ in range(3 + draws.below(5))))
        total += len(written[-1])
    return written


def title(draws: Draws) -> str:
    """Write a short headline."""
    bits = draws.bits()
    adjective = ADJECTIVES[bits % len(ADJECTIVES)].capitalize()
    noun = NOUNS[(bits >> 8) % len(NOUNS)]
    other = NOUNS[(bits >> 16) % len(NOUNS)]
    joined = ("and the", "beyond the", "beside the", "without the")[(bits >> 24) % 4]
    return f"{adjective} {noun} {joined} {other}"
