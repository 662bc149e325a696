"""The conformance kit: what every driver must do, ours and theirs, tried on a model of its chip.

    findings = check(Mpu6050)
    wrong = [finding for finding in findings if finding.result == "failed"]

It needs no hardware, no pytest and nothing of the daemon. A driver of one's own is checked fully if its module
holds a `SPECIMEN` (`sensors.chips.model.Specimen`); without one only its table is checked, and it says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from sensors.chips.model import Specimen
from sensors.conformance import signal, table, wire
from sensors.conformance.bench import NotChecked, Trial, Wrong
from sensors.conformance.finding import Finding
from sensors.driver import I2CDriver, SensorFault

TABLE_CHECKS: dict[str, Callable[[type[I2CDriver]], None]] = {
    "metadata": table.metadata,
    "frame": table.frame,
}

CHIP_CHECKS: dict[str, Callable[[wire.NewTrial], None]] = {
    "address": wire.address,
    "probe-reads-only": wire.probe_reads_only,
    "foreign-refused": wire.foreign_refused,
    "transcript": wire.start_transcript,
    "nack": wire.nack_propagates,
    "start": wire.starts_at_each_rate,
    "empty-fifo": wire.empty_fifo,
    "whole-frames": wire.whole_frames,
    "overflow": wire.overflow_is_a_gap,
    "bus-use": wire.bus_use,
    "longest-transfer": wire.longest_transfer,
    "read-time": wire.read_time,
    "errors": wire.errors_pass_through,
    "stop": wire.stop_and_start,
    "still": signal.still,
    "gravity-axes": signal.gravity_axes,
    "rotation-axes": signal.rotation_axes,
    "low-pass": signal.low_pass,
    "rate": signal.rate_delivered,
    "pressure": signal.pressure_values,
    "bridge": signal.bridge_values,
    "strips": signal.strip_values,
    "integrity": signal.integrity,
}


NO_MODEL = "There is no model of this chip to try it on."
LIVE = ("address", "probe-reads-only", "start", "read-time", "still", "rotation-axes", "rate", "pressure")
"""Checks that the bench makes too, with the chip itself: `slowroll drivers test --live`."""


def specimen_of(driver: type[I2CDriver]) -> Specimen | None:
    """The chip model that belongs to `driver`: its module's own `SPECIMEN`, else a shipped one by name."""
    own = getattr(sys.modules.get(driver.__module__), "SPECIMEN", None)
    if isinstance(own, Specimen):
        return own
    from sensors.chips.specimens import SPECIMENS

    return SPECIMENS.get(getattr(driver, "name", ""))


def check(driver: type[I2CDriver], specimen: Specimen | None = None) -> list[Finding]:
    """Run every check on `driver`, with `specimen` or else the model that belongs to it; one finding a check."""
    return list(checks(driver, specimen))


def checks(driver: type[I2CDriver], specimen: Specimen | None = None) -> Iterator[Finding]:
    """The findings of `check`, each as soon as it is there."""
    if specimen is None:
        specimen = specimen_of(driver)
    findings = [_run(name, run.__doc__, lambda run=run: run(driver)) for name, run in TABLE_CHECKS.items()]  # type: ignore[misc]
    yield from findings
    sound = all(finding.result == "ok" for finding in findings)
    for name, run in CHIP_CHECKS.items():
        if specimen is None:
            yield Finding(name, "not_checked", NO_MODEL)
        elif not sound:
            yield Finding(name, "not_checked", "The driver's table has to be right first.")
        else:
            yield _every_variant(name, run, driver, specimen)


def _every_variant(
    name: str, run: Callable[[wire.NewTrial], None], driver: type[I2CDriver], specimen: Specimen
) -> Finding:
    """The check on each variant of the chip; the first that fails is the finding."""
    outcome = Finding(name, "not_checked", "")
    for identity in specimen.identities:
        finding = _run(name, run.__doc__, lambda i=identity: run(lambda: Trial(driver, specimen, i)))  # type: ignore[misc]
        if finding.result == "failed":
            variant = "" if driver.ident is None else f"{driver.ident.chips.get(identity, hex(identity))}: "
            return Finding(name, "failed", variant + finding.says)
        outcome = finding
    return outcome


def _run(name: str, what: str | None, run: Callable[[], None]) -> Finding:
    try:
        run()
    except NotChecked as reason:
        return Finding(name, "not_checked", str(reason))
    except Wrong as wrong:
        return Finding(name, "failed", str(wrong))
    except SensorFault as fault:
        return Finding(name, "failed", f"The driver calls a sound chip faulty: {fault.what}. {fault.hint}".rstrip())
    except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is the finding
        return Finding(name, "failed", f"The driver raises {type(error).__name__}: {error}{_place(error)}")
    return Finding(name, "ok", what or name)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" ({Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno})"


__all__ = ["LIVE", "NO_MODEL", "Finding", "check", "checks", "specimen_of"]
