import asyncio
from collections.abc import Iterator

import crawler


def numbers() -> Iterator[int]:
    number = 1
    while True:  # there is no end: what nobody takes is not read
        yield number
        number += 1


async def check(number: int, divisor: int) -> int:
    await asyncio.sleep(0.001)
    if number % divisor == 0:
        raise ValueError(f"{number} can be divided by {divisor}")
    return number


async def main() -> None:
    async with crawler.map(check, numbers(), divisor=3, errors="return", limit=10) as results:
        async for result in results:
            print(result)
            if result == 5:
                break
    # Here nothing runs any more.
    pairs = [(7, 2), (8, 2), (9, 3)]
    try:
        await crawler.starmap(check, pairs)
    except* ValueError as failed:
        print(*failed.exceptions)


if __name__ == "__main__":
    asyncio.run(main())
