"""QR codes: bytes, error correction level M, versions 1 to 10; what a link to a page needs (ISO/IEC 18004)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from anhu.contract.errors import FieldError

_BLOCKS: Sequence[tuple[int, tuple[int, ...]]] = (
    (10, (16,)),
    (16, (28,)),
    (26, (44,)),
    (18, (32, 32)),
    (24, (43, 43)),
    (16, (27,) * 4),
    (18, (31,) * 4),
    (22, (38, 38, 39, 39)),
    (22, (36, 36, 36, 37, 37)),
    (26, (43, 43, 43, 43, 44)),
)
"""Version - 1 -> check bytes of a block, data bytes of each block."""
_ALIGNED: Sequence[tuple[int, ...]] = (
    (),
    (6, 18),
    (6, 22),
    (6, 26),
    (6, 30),
    (6, 34),
    (6, 22, 38),
    (6, 24, 42),
    (6, 26, 46),
    (6, 28, 50),
)
_MASKS: Sequence[Callable[[int, int], bool]] = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _: y % 2 == 0,
    lambda _, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)
_TEN = 10
_FIRST_WITH_VERSION = 7
_FINDER_LIKE = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))
Grid = list[list[int]]


def qr_rows(text: str) -> list[str]:
    """Return the modules of a QR code, a row a string, ``1`` dark; without the light border of four.

    Raises
    ------
    FieldError
        If the text is longer than 213 bytes of UTF-8.
    """
    data = text.encode()
    version = _version(data)
    bits = list(_interleaved(_codewords(data, version), version))
    fixed = _patterns(version)
    places = list(_data_places(fixed))
    drawn = [_drawn(fixed, places, bits, number) for number in range(len(_MASKS))]
    best = min(drawn, key=_penalty)
    return ["".join(map(str, row)) for row in best]


def _version(data: bytes) -> int:
    for version, (_, blocks) in enumerate(_BLOCKS, start=1):
        if len(data) + _head_bytes(version) <= sum(blocks):
            return version
    most = sum(_BLOCKS[-1][1]) - _head_bytes(_TEN)
    raise FieldError("qr", f"{len(data)} bytes", f"at most {most} bytes", zh=f"至多 {most} 字节")


def _head_bytes(version: int) -> int:
    """Return how many bytes mode, length and terminator take."""
    return 3 if version >= _TEN else 2


def _codewords(data: bytes, version: int) -> bytes:
    length_bits = 16 if version >= _TEN else 8
    bits = f"0100{len(data):0{length_bits}b}" + "".join(f"{byte:08b}" for byte in data)
    room = sum(_BLOCKS[version - 1][1])
    bits = (bits + "0000")[: room * 8]
    bits += "0" * (-len(bits) % 8)
    words = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return words + bytes((0xEC, 0x11)[at % 2] for at in range(room - len(words)))


def _interleaved(words: bytes, version: int) -> Iterator[int]:
    """Yield the bits of all blocks, byte by byte in turn, then their check bytes."""
    checks, sizes = _BLOCKS[version - 1]
    blocks, at = [], 0
    for size in sizes:
        blocks.append(words[at : at + size])
        at += size
    rests = [_checks(block, checks) for block in blocks]
    for parts, longest in ((blocks, max(sizes)), (rests, checks)):
        for place in range(longest):
            for part in parts:
                if place < len(part):
                    yield from (part[place] >> shift & 1 for shift in range(7, -1, -1))


_EXP = [1] * 512
for _n in range(1, 512):
    _EXP[_n] = (_EXP[_n - 1] << 1) ^ (0x11D if _EXP[_n - 1] & 0x80 else 0)
_LOG = {_EXP[n]: n for n in range(255)}


def _times(a: int, b: int) -> int:
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def _checks(block: bytes, count: int) -> bytes:
    """Return the Reed-Solomon check bytes of a block."""
    generator = [1]
    for power in range(count):
        shifted = [*generator, 0]
        generator = [a ^ _times(b, _EXP[power]) for a, b in zip(shifted, [0, *generator], strict=True)]
    rest = [0] * count
    for byte in block:
        factor = byte ^ rest[0]
        rest = [a ^ _times(b, factor) for a, b in zip([*rest[1:], 0], generator[1:], strict=True)]
    return bytes(rest)


def _patterns(version: int) -> Grid:
    """Return the grid with everything that is fixed; -1 where data goes, 0 where the format will stand."""
    size = 17 + 4 * version
    grid = [[-1] * size for _ in range(size)]
    for y, x in ((0, 0), (0, size - 7), (size - 7, 0)):
        _finder(grid, y, x)
    for n in range(8, size - 8):
        grid[6][n] = grid[n][6] = (n + 1) % 2
    _alignments(grid, _ALIGNED[version - 1])
    for n in range(9):
        for y, x in ((8, n), (n, 8)):
            grid[y][x] = max(grid[y][x], 0)
    for n in range(size - 8, size):
        grid[8][n] = grid[n][8] = 0
    grid[size - 8][8] = 1
    if version >= _FIRST_WITH_VERSION:
        code = version << 12 | _remainder(version << 12, 0x1F25)
        for n in range(18):
            grid[n // 3][size - 11 + n % 3] = grid[size - 11 + n % 3][n // 3] = code >> n & 1
    return grid


def _alignments(grid: Grid, marks: Sequence[int]) -> None:
    for y, x in product(marks, marks):
        if (y, x) not in ((6, 6), (6, marks[-1]), (marks[-1], 6)):  # where corners stand
            for dy, dx in product(range(-2, 3), range(-2, 3)):
                grid[y + dy][x + dx] = int(max(abs(dy), abs(dx)) != 1)


def _finder(grid: Grid, top: int, left: int) -> None:
    for y, x in product(range(-1, 8), range(-1, 8)):
        if 0 <= top + y < len(grid) and 0 <= left + x < len(grid):
            ring = max(abs(y - 3), abs(x - 3))
            grid[top + y][left + x] = int(ring in (0, 1, 3))


def _remainder(value: int, generator: int) -> int:
    while value.bit_length() >= generator.bit_length():
        value ^= generator << (value.bit_length() - generator.bit_length())
    return value


def _data_places(fixed: Grid) -> Iterator[tuple[int, int]]:
    size = len(fixed)
    upwards = True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        for y in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((y, x) for x in (right, right - 1) if fixed[y][x] == -1)
        upwards = not upwards


def _drawn(fixed: Grid, places: Sequence[tuple[int, int]], bits: Sequence[int], mask: int) -> Grid:
    grid = [list(row) for row in fixed]
    for at, (y, x) in enumerate(places):
        bit = bits[at] if at < len(bits) else 0
        grid[y][x] = bit ^ int(_MASKS[mask](y, x))
    code = (mask << 10 | _remainder(mask << 10, 0x537)) ^ 0x5412  # level M is 00
    size = len(grid)
    along = [*range(6), 7, 8]
    for n in range(8):
        grid[along[n]][8] = grid[8][size - 1 - n] = code >> n & 1
    for n in range(8, 15):
        grid[8][along[14 - n]] = code >> n & 1
        grid[size - 15 + n][8] = code >> n & 1
    return grid


def _penalty(grid: Grid) -> int:
    """Return how hard a code is to read: long runs, blocks, what looks like a corner, more of one colour."""
    size = len(grid)
    columns = [list(column) for column in zip(*grid, strict=True)]
    score = 0
    for line in (*grid, *columns):
        run = 1
        for before, now in zip(line, [*line[1:], -1], strict=True):
            if before == now:
                run += 1
                continue
            score += run - 2 if run >= 5 else 0  # noqa: PLR2004 - of the standard
            run = 1
        score += 40 * sum(tuple(line[at : at + 11]) in _FINDER_LIKE for at in range(size - 10))
    for y, x in product(range(size - 1), range(size - 1)):
        score += 3 * (grid[y][x] == grid[y][x + 1] == grid[y + 1][x] == grid[y + 1][x + 1])
    dark = sum(map(sum, grid))
    return score + 10 * int(abs(dark * 20 - size * size * 10) / (size * size))
