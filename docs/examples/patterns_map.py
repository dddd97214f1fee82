from pathlib import Path

import crawler


def count_words(path: Path, *, longer_than: int) -> int:
    return sum(len(word) > longer_than for word in path.read_text().split())


def main() -> None:
    files = sorted(Path(__file__).parent.glob("*.py"))
    counts = crawler.run(crawler.map(count_words, files, limit=8, longer_than=3))
    for path, words in zip(files, counts, strict=True):
        print(f"{words:6} {path.name}")


if __name__ == "__main__":
    main()
