"""The recording format: every engine input, one a line of JSON; a recording, a live run and a bug report are the
same thing.

Writing: `encode_header`, then `encode` for each input in the order the engine was fed. Reading: `open_recording`,
which survives a file cut off in mid-line and skips bad lines, counting and naming them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from firmware_host.coaching.inputs import (
    Calibration,
    Command,
    DeviceFault,
    ForceSample,
    HapticRan,
    ImuSample,
    Input,
    Person,
    Recalibrated,
    StreamGap,
    Tick,
    Tool,
    Vector,
)

FORMAT = "slowroll-recording"
VERSION = 1
WILD = 1e7
"""A reading beyond this is noise on the line, not a measurement: ten times more than a bladder can hold in Pa,
and 3,000 times a gyroscope's range."""
LATEST = 1e9
"""Time stamps beyond 30 years of run time are rubbish."""
LEAP_S = 3600.0
"""One line this far ahead of those before is rubbish; a second one that agrees with it is a recording resumed."""
MAX_NAMED = 20
"""Bad lines named one by one; the rest are only counted."""


class RecordingError(Exception):
    """The file can't be read as a recording at all."""


class Header(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line 1."""

    format: str = ""
    version: int = 0
    station: str = ""
    started_at: str = ""
    person: Person = Person()
    tools: tuple[Tool, ...] = ()
    settings: dict[str, Any] | None = None
    """Effective profile and routine, used by replay unless `--config` is given."""


def new_header(
    station: str, started_at: str, person: Person, tools: tuple[Tool, ...], settings: dict[str, Any] | None
) -> Header:
    return Header(
        format=FORMAT,
        version=VERSION,
        station=station,
        started_at=started_at,
        person=person,
        tools=tools,
        settings=settings,
    )


class _Kind(Struct, frozen=True):
    """What every version's first line says of itself."""

    format: str = ""
    version: int = 0


class _Line(Struct, frozen=True, omit_defaults=True):
    """Any line after the first; which keys are there says which input it is."""

    t: float
    tool: str | None = None
    accel: Vector | None = None
    gyro: Vector | None = None
    force: float | None = None
    bridge: float | None = None
    pressure: float | None = None
    strips: tuple[float, ...] | None = None
    tick: int | None = None
    haptic: float | None = None
    gap: str | None = None
    of: Literal["imu", "force"] | None = None
    calibration: Calibration | None = None
    device: str | None = None
    fault: str | None = None
    hint: str | None = None
    ok: bool | None = None
    command: str | None = None
    muscle: str | None = None
    side: str | None = None
    profile: str | None = None
    routine: str | None = None
    name: str | None = None
    ago_s: float | None = None
    effort: int | None = None
    kind: str | None = None
    value: int | None = None
    when: str | None = None
    on: bool | None = None
    id: str | None = None


Time = Annotated[float, Meta(gt=-LATEST, lt=LATEST)]
Reading = Annotated[float, Meta(gt=-WILD, lt=WILD)]


class _ImuLine(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Exactly what an IMU line has, in bounds: nearly every line, decoded in one go."""

    t: Time
    tool: str
    accel: tuple[Reading, Reading, Reading] | None = None
    gyro: tuple[Reading, Reading, Reading] | None = None


class _PlainLine(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A line of newtons, a load cell's, a bladder's, or a tick, in bounds."""

    t: Time
    tool: str | None = None
    force: Reading | None = None
    bridge: Reading | None = None
    pressure: Reading | None = None
    tick: int | None = None


_COMMAND_FIELDS = tuple(name for name in Command.__struct_fields__ if name != "t")
_encoder = msgspec.json.Encoder()
_decode_imu = msgspec.json.Decoder(_ImuLine).decode
_decode_plain = msgspec.json.Decoder(_PlainLine).decode
_BRACKET = ord("]")
_decode_line = msgspec.json.Decoder(_Line).decode
_decode_header = msgspec.json.Decoder(Header).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode


def encode_header(header: Header) -> bytes:
    return _encoder.encode(header) + b"\n"


def encode(given: Input) -> bytes:
    """One input as its line, newline included; `decode(encode(x))` is x."""
    return _encoder.encode(_as_line(given)) + b"\n"


def _as_line(given: Input) -> Struct:
    if isinstance(given, ImuSample):
        return _Line(given.t, given.tool, given.accel, given.gyro)
    if isinstance(given, ForceSample):
        reading: dict[str, Any] = {given.unit: given.value}
        return _Line(given.t, given.tool, **reading)
    if isinstance(given, Tick):
        return _Line(given.t, tick=1)
    if isinstance(given, HapticRan):
        return _Line(given.t, given.tool, haptic=given.seconds)
    if isinstance(given, StreamGap):
        return _Line(given.t, given.tool, gap=given.what, of=given.of)
    if isinstance(given, Recalibrated):
        return _Line(given.t, given.tool, calibration=given.calibration)
    if isinstance(given, DeviceFault):
        return _Line(given.t, given.tool, device=given.device, fault=given.what, hint=given.hint, ok=given.ok)
    return given


class BadLine(Exception):
    """One line that is not an engine input; the text says why."""


def decode(line: bytes) -> Input:
    """One line as the input it stands for, or `BadLine`.

    The common kinds are told by how the line ends and decoded as exactly that; a line that is anything more or less
    goes through `_decode_any`, which also says what is wrong with it.
    """
    try:
        if len(line) > 2 and line[-3] == _BRACKET:
            imu = _decode_imu(line)
            return ImuSample(imu.t, imu.tool, imu.accel, imu.gyro)
        plain = _decode_plain(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_any(line)
    tool, force, pressure, tick = plain.tool, plain.force, plain.pressure, plain.tick
    if tick is not None:
        return Tick(plain.t)
    if tool is not None and force is not None:
        return ForceSample(plain.t, tool, "force", force)
    if tool is not None and pressure is not None:
        return ForceSample(plain.t, tool, "pressure", pressure)
    if tool is not None and plain.bridge is not None:
        return ForceSample(plain.t, tool, "bridge", plain.bridge)
    return _decode_any(line)


def _decode_any(line: bytes) -> Input:
    """Any line, whichever keys it has."""
    try:
        got = _decode_line(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLine(str(error)) from error
    t = got.t
    if not -LATEST < t < LATEST:
        raise BadLine(f"t {t:g} is no time of a run")
    if got.command is not None:
        fields = {name: getattr(got, name) for name in _COMMAND_FIELDS}
        if got.name is not None and got.command in ("profile", "routine"):
            fields[got.command] = fields[got.command] or got.name  # as it is called over MQTT
        return Command(t=t, **fields)
    if got.tick is not None:
        return Tick(t)
    tool = got.tool
    if got.fault is not None:
        if got.device is None or got.ok is None:
            raise BadLine("a fault line needs device and ok")
        return DeviceFault(t, tool, got.device, got.fault, got.hint or "", got.ok)
    if tool is None:
        raise BadLine("no tool, command or tick in it")
    accel, gyro = got.accel, got.gyro
    if accel is not None or gyro is not None:
        for vector in (accel, gyro):
            if vector is not None:
                x, y, z = vector
                if not (-WILD < x < WILD and -WILD < y < WILD and -WILD < z < WILD):
                    raise BadLine(f"a reading of {max(vector, key=abs):g} is no measurement")
        return ImuSample(t, tool, accel, gyro)
    return _decode_rest(got, tool)


def _decode_rest(got: _Line, tool: str) -> Input:
    for unit in ("force", "bridge", "pressure", "strips"):
        value = getattr(got, unit)
        if value is not None:
            for number in value if isinstance(value, tuple) else (value,):
                if not -WILD < number < WILD:
                    raise BadLine(f"a reading of {number:g} is no measurement")
            return ForceSample(got.t, tool, unit, value)
    if got.gap is not None:
        return StreamGap(got.t, tool, got.gap, got.of or "imu")
    if got.haptic is not None:
        if not 0 <= got.haptic <= 60:
            raise BadLine(f"haptic {got.haptic:g} s is outside 0..60")
        return HapticRan(got.t, tool, got.haptic)
    if got.calibration is not None:
        return Recalibrated(got.t, tool, got.calibration)
    raise BadLine("nothing in it that an engine takes")


class Recording:
    """An open recording: `header`, and `inputs()` once; afterwards what was wrong with the file."""

    def __init__(self, name: str, header: Header, lines: Iterator[bytes]) -> None:
        self.name = name
        self.header = header
        self._lines = lines
        self.bad_lines = 0
        self.named: list[str] = []
        """The first bad lines, as "line 7: why"."""
        self.cut_off = False
        """The file ends in mid-line or mid-compression: it was read up to there."""

    def inputs(self) -> Iterator[Input]:
        """Every good line in file order; bad ones are counted in `bad_lines` and named in `named`."""
        # Of each stream (kind of input, tool) the newest time; a kind that is not in here has no stream to run back in.
        kinds = (ImuSample, ForceSample, StreamGap, Recalibrated, HapticRan, DeviceFault)
        latest: dict[type, dict[str | None, float]] = {
            kind: {tool.name: -LATEST for tool in self.header.tools} for kind in kinds
        }
        latest[DeviceFault][None] = -LATEST
        newest = -LATEST  # of all of them; the first line may be at any time
        leapt = -inf
        number = 1
        try:
            for line in self._lines:
                number += 1
                try:
                    given = decode(line)
                except BadLine as why:
                    if not line.endswith(b"\n"):
                        self.cut_off = True
                        return
                    if line.strip():
                        self._skip(number, why)
                    continue
                stream = latest.get(given.__class__)
                if stream is not None:
                    t = given.t
                    tool = given.tool  # type: ignore[union-attr]
                    last = stream.get(tool)
                    if last is None:
                        self._skip(number, f"tool {tool!r} is not in the first line")
                        continue
                    if t < last:
                        self._skip(number, f"time runs back, from {last:g} to {t:g}")
                        continue
                    if t > newest + LEAP_S and newest > -LATEST and not abs(t - leapt) < LEAP_S:
                        self._skip(number, f"time leaps, from {newest:g} to {t:g}")
                        leapt = t
                        continue
                    stream[tool] = newest = t
                yield given
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.cut_off = True
        except OSError as error:
            raise RecordingError(
                f"{self.name}: can't be read on: {error.strerror or error}; the disk or card may be failing"
            ) from error

    def _skip(self, number: int, why: object) -> None:
        self.bad_lines += 1
        if len(self.named) < MAX_NAMED:
            self.named.append(f"line {number}: {why}")

    def warnings(self) -> list[str]:
        """Sentences for the person, empty if the file was whole and clean."""
        said = []
        if self.cut_off:
            said.append(f"{self.name}: cut off in mid-line, read up to there (the recorder or the copy was stopped)")
        if self.bad_lines:
            said.append(f"{self.name}: {self.bad_lines} bad lines skipped: " + "; ".join(self.named))
        return said


def read(lines: Iterable[bytes], name: str) -> Recording:
    """A recording from its lines; `RecordingError` if the first is not a header of a known version."""
    iterator = iter(lines)
    try:
        first = next(iterator, b"")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordingError(f"{name}: not a gzip file that can be read: {error}") from error
    if not first:
        raise RecordingError(f"{name}: the file is empty: the recorder or the copy was stopped at once")
    try:
        kind = _decode_kind(first)
        if kind.format == FORMAT and kind.version != VERSION:
            raise RecordingError(
                f"{name}: recording version {kind.version}; this slowroll reads version {VERSION}. Update slowroll."
            )
        header = _decode_header(first)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingError(
            f"{name}: line 1 is not a recording's header ({error}); a recording begins with "
            f'{{"format":"{FORMAT}","version":{VERSION},...}} (written by slowroll run, record or simulate)'
        ) from error
    if header.format != FORMAT:
        raise RecordingError(f"{name}: line 1 says format {header.format!r}, not {FORMAT!r}: is this file a recording?")
    _check_tools(header, name)
    return Recording(name, header, iterator)


def _check_tools(header: Header, name: str) -> None:
    if not header.tools:
        raise RecordingError(f"{name}: line 1 names no tool")
    for tool in header.tools:
        numbers = [tool.radius_m, tool.stiffness_n_m or 1.0]
        if not all(0 < number < WILD for number in numbers):
            raise RecordingError(f"{name}: line 1: {tool.name}: radius_m and stiffness_n_m must be above 0")
        if tool.axis is not None and not 0.01 < sum(c * c for c in tool.axis) < 100:
            raise RecordingError(f"{name}: line 1: {tool.name}: axis {list(tool.axis)} is no direction")
    person = header.person
    if not (1 <= person.mass_kg <= 1000 and 0.3 <= person.height_m <= 3):
        raise RecordingError(
            f"{name}: line 1: a person of mass_kg {person.mass_kg:g} and height_m {person.height_m:g} is no one"
        )


def open_recording(path: Path) -> tuple[Recording, IO[bytes]]:
    """Open `path` (.jsonl or .jsonl.gz, told by content); the caller closes the file."""
    try:
        file: IO[bytes] = path.open("rb")
        magic = file.read(2)
        file.seek(0)
    except OSError as error:
        raise RecordingError(
            f"{path}: can't be opened: {error.strerror or error}; check the path, and that this user may read it"
        ) from error
    if magic == b"\x1f\x8b":
        file = gzip.open(file, "rb")  # type: ignore[assignment]  # noqa: SIM115
    try:
        return read(file, str(path)), file
    except RecordingError:
        file.close()
        raise
