"""Run files as watches and apps write them, made on the spot: FIT with its binary layout, TCX and GPX as XML."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

FIT_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
END = datetime(2026, 8, 1, 7, 30, 0, tzinfo=UTC)

CRC_TABLE = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


def crc(data: bytes) -> int:
    """The checksum of the FIT protocol."""
    value = 0
    for byte in data:
        for nibble in (byte & 0xF, byte >> 4):
            value = (value >> 4) & 0x0FFF ^ CRC_TABLE[value & 0xF] ^ CRC_TABLE[nibble]
    return value


def seconds(at: datetime) -> int:
    return int((at - FIT_EPOCH).total_seconds())


def framed(body: bytes) -> bytes:
    head = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    head += struct.pack("<H", crc(head))
    return head + body + struct.pack("<H", crc(head + body))


def definition(local: int, message: int, *fields: tuple[int, int, int]) -> bytes:
    """`fields`: number, size in bytes, base type."""
    return struct.pack("<BBBHB", 0x40 | local, 0, 0, message, len(fields)) + b"".join(bytes(one) for one in fields)


def fit(end: datetime | None = END, records: int = 5, sport: int = 1, kind: int = 4, session: bool = True) -> bytes:
    """An activity with a record each second up to `end` (None: no times at all); sport 1 is running."""
    body = definition(0, 0, (0, 1, 0x00)) + bytes([0, kind])
    body += definition(1, 20, (253, 4, 0x86)) + definition(2, 18, (253, 4, 0x86), (5, 1, 0x00))
    if end is not None:
        for i in range(records):
            body += struct.pack("<BI", 1, seconds(end - timedelta(seconds=records - 1 - i)))
        if session:
            # A watch writes its summary when the owner saves the run, later than the last record.
            body += struct.pack("<BIB", 2, seconds(end + timedelta(seconds=40)), sport)
    return framed(body)


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def gpx(end: datetime | None = END, points: int = 5, kind: str = "running", head: str = "", inside: str = "") -> bytes:
    times = [
        "" if end is None else f"<time>{stamp(end - timedelta(seconds=points - 1 - i))}</time>" for i in range(points)
    ]
    track = "".join(f'<trkpt lat="47.1" lon="8.5"><ele>400</ele>{time}</trkpt>' for time in times)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<gpx version="1.1" creator="test" '
        'xmlns="http://www.topografix.com/GPX/1/1"><metadata><time>2026-08-02T12:00:00Z</time></metadata>'
        '<wpt lat="47" lon="8"><time>2026-08-03T00:00:00Z</time></wpt>'
        f"<trk><name>Lunch{inside}</name><type>{kind}</type><trkseg>{track}</trkseg></trk></gpx>"
    ).encode()


def tcx(end: datetime = END, points: int = 5, sport: str = "Running", zone: str = "Z") -> bytes:
    times = [(end - timedelta(seconds=points - 1 - i)).replace(tzinfo=None).isoformat() + zone for i in range(points)]
    track = "".join(f"<Trackpoint><Time>{time}</Time></Trackpoint>" for time in times)
    return (
        '\ufeff<?xml version="1.0"?><t:TrainingCenterDatabase '
        'xmlns:t="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'.replace("t:", "")
        + f'<Activities><Activity Sport="{sport}"><Id>2026-08-01T07:00:00Z</Id><Lap StartTime="2026-08-01T07:00:00Z">'
        f"<Track>{track}</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
    ).encode()


def bomb() -> bytes:
    """Nested entities: a kilobyte that would unfold to gigabytes."""
    layers = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return gpx(head=f'<!DOCTYPE gpx [<!ENTITY l0 "lol">{layers}]>', inside="&l9;")
