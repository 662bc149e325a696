/** The three round gauges: speed and force against their bands, and the hold ring. Drawn in SVG. */

import type { ComponentChildren } from "preact";
import { cmPerS } from "./words";
import type { Live } from "./wire";

/** Where a value lies against its band; each zone has its colour, its mark and its words. */
export type Zone = "under" | "ok" | "near" | "over";

const MARKS: Readonly<Record<Zone, string>> = { under: "▼", ok: "●", near: "▲", over: "✖" };

const CENTRE = 100;
/** The bands lie outside, the value inside, so that neither hides the other. */
const BAND_RADIUS = 91;
const VALUE_RADIUS = 76;
const SWEEP = 270;
const FROM = 135;

function point(share: number, radius: number, from: number, sweep: number): string {
  const angle = ((from + sweep * share) * Math.PI) / 180;
  return `${(CENTRE + radius * Math.cos(angle)).toFixed(2)} ${(CENTRE + radius * Math.sin(angle)).toFixed(2)}`;
}

/** An SVG path along the dial between two shares (0..1) of its scale. */
function arc(start: number, end: number, radius: number, from = FROM, sweep = SWEEP): string {
  const long = (end - start) * sweep > 180 ? 1 : 0;
  return `M${point(start, radius, from, sweep)}A${radius} ${radius} 0 ${long} 1 ${point(end, radius, from, sweep)}`;
}

function Tick({ share, main = false }: { share: number; main?: boolean }) {
  const [inner, outer] = main ? [84, 99] : [86, 97];
  return (
    <path
      class={main ? "tick main" : "tick"}
      d={`M${point(share, inner, FROM, SWEEP)}L${point(share, outer, FROM, SWEEP)}`}
    />
  );
}

interface Band {
  readonly zone: Zone;
  readonly to: number;
}

interface DialProps {
  readonly title: string;
  readonly unit: string;
  /** The number in the middle; "–" when there is none to show. */
  readonly figure: string;
  /** 0..1 of the scale; null draws no needle. */
  readonly share: number | null;
  readonly zone: Zone | null;
  readonly status: string;
  readonly bands: readonly Band[];
  readonly limits: string;
  readonly id: string;
}

function Dial({ title, unit, figure, share, zone, status, bands, limits, id }: DialProps) {
  let start = 0;
  const tracks: ComponentChildren[] = [];
  for (const band of bands) {
    const end = Math.min(1, Math.max(start, band.to));
    if (end > start) {
      tracks.push(<path key={band.zone} class={`band ${band.zone}`} d={arc(start, end, BAND_RADIUS)} />);
      if (band.zone === "over") {
        tracks.push(<path key="hatch" class="band hatch" d={arc(start, end, BAND_RADIUS)} />);
      }
    }
    start = end;
  }
  const at = share === null ? null : Math.min(1, Math.max(0, share));
  return (
    <section class={`dial ${zone ?? "none"}`} id={id} aria-label={`${title}: ${figure} ${unit}, ${status}`}>
      <h2>{title}</h2>
      <svg viewBox="0 0 200 200" aria-hidden="true">
        <path class="track" d={arc(0, 1, VALUE_RADIUS)} />
        {tracks}
        {at !== null && at > 0.002 && <path class="value" d={arc(0, at, VALUE_RADIUS)} />}
        {bands.slice(0, -1).map((band, index) => (
          <Tick key={band.zone} share={Math.min(1, band.to)} main={index === bands.length - 2} />
        ))}
        {at !== null && <path class="needle" d={`M${point(at, 65, FROM, SWEEP)}L${point(at, 98, FROM, SWEEP)}`} />}
        <text class="figure" x="100" y="112">
          {figure}
        </text>
        <text class="unit" x="100" y="136">
          {unit}
        </text>
      </svg>
      <p class="status">
        {zone !== null && <span class="mark">{MARKS[zone]}</span>} {status}
      </p>
      <p class="limits">{limits}</p>
    </section>
  );
}

/** Share of the live limit from which speed is near it, as on the LED (feedback/mood.py): a smooth stroke at the mean
 * limit peaks below it. */
const NEAR_LIMIT = 0.8;

/** Speed against the profile's two limits: the mean one, and the one that holds at every moment. */
export function SpeedDial({ live, idle }: { live: Live | null; idle: string }) {
  if (live === null) {
    return (
      <Dial
        id="speed"
        title="Speed"
        unit="cm/s"
        figure="–"
        share={null}
        zone={null}
        status={idle}
        bands={[]}
        limits=" "
      />
    );
  }
  const { mean_speed_m_s: mean, live_speed_m_s: most } = live.limits;
  const scale = most * 1.35;
  const speed = Math.abs(live.speed_m_s);
  const zone = speedZone(live);
  const words = { under: "", ok: "Within the band", near: "Near the limit", over: "Too fast" };
  return (
    <Dial
      id="speed"
      title="Speed"
      unit="cm/s"
      figure={cmPerS(speed)}
      share={speed / scale}
      zone={zone}
      status={words[zone]}
      bands={[
        { zone: "ok", to: (most * NEAR_LIMIT) / scale },
        { zone: "near", to: most / scale },
        { zone: "over", to: 1 },
      ]}
      limits={`mean up to ${cmPerS(mean)}, never over ${cmPerS(most)}`}
    />
  );
}

export function speedZone(live: Live): Zone {
  const speed = Math.abs(live.speed_m_s);
  if (speed > live.limits.live_speed_m_s) return "over";
  return speed >= live.limits.live_speed_m_s * NEAR_LIMIT ? "near" : "ok";
}

/** Force against its band; a share of the sensor's own maximum when it was never calibrated. */
export function ForceDial({ live, idle }: { live: Live | null; idle: string }) {
  const common = { id: "force", title: "Force", share: null, zone: null, bands: [], limits: " " };
  if (live === null) return <Dial {...common} unit="N" figure="–" status={idle} />;
  if (live.force_n === null) {
    if (live.load === null) return <Dial {...common} unit="N" figure="–" status="Not measured" />;
    return (
      <Dial
        {...common}
        unit="%"
        figure={(live.load * 100).toFixed(0)}
        share={live.load}
        status="Of its own maximum"
        limits="not calibrated"
      />
    );
  }
  const figure = live.force_n.toFixed(0);
  const { force_low_n: low, force_high_n: high } = live.limits;
  const zone = forceZone(live);
  if (low === null || high === null || zone === null) {
    return <Dial {...common} unit="N" figure={figure} status="No band for this" />;
  }
  const scale = high * 1.5;
  const words = { under: "Under the band", ok: "Within the band", near: "", over: "Over the band" };
  return (
    <Dial
      id="force"
      title="Force"
      unit="N"
      figure={figure}
      share={live.force_n / scale}
      zone={zone}
      status={words[zone]}
      bands={[
        { zone: "under", to: low / scale },
        { zone: "ok", to: high / scale },
        { zone: "over", to: 1 },
      ]}
      limits={`band ${low.toFixed(0)} to ${high.toFixed(0)}`}
    />
  );
}

/** Null where force is not measured or has no band. */
export function forceZone(live: Live): Zone | null {
  const { force_low_n: low, force_high_n: high } = live.limits;
  if (live.force_n === null || low === null || high === null) return null;
  if (live.force_n < low) return "under";
  return live.force_n > high ? "over" : "ok";
}

interface HoldProps {
  readonly live: Live | null;
  readonly idle: string;
  readonly done_s: number;
  readonly enough_s: number;
}

/** The hold ring: fills to the first mark (20 s in the article), then on to the second (30 s). */
export function HoldRing({ live, idle, done_s, enough_s }: HoldProps) {
  const held = live?.hold_s ?? 0;
  const stage = held <= 0 ? "none" : held < done_s ? "filling" : held < enough_s ? "done" : "enough";
  const status = {
    none: live === null ? idle : "No hold now",
    filling: `Hold to ${done_s.toFixed(0)} s`,
    done: `${done_s.toFixed(0)} s reached`,
    enough: `${enough_s.toFixed(0)} s: enough`,
  }[stage];
  const share = Math.min(0.9999, held / enough_s);
  const mark = done_s / enough_s;
  const figure = live === null ? "–" : Math.floor(held).toFixed(0);
  return (
    <section class={`dial hold ${stage}`} id="hold" aria-label={`Hold: ${figure} s, ${status}`}>
      <h2>Hold</h2>
      <svg viewBox="0 0 200 200" aria-hidden="true">
        <circle class="track" cx={CENTRE} cy={CENTRE} r={VALUE_RADIUS} />
        {share > 0 && <path class="value" d={arc(0, Math.min(share, mark), VALUE_RADIUS, -90, 360)} />}
        {share > mark && <path class="value beyond" d={arc(mark, share, VALUE_RADIUS, -90, 360)} />}
        <path class="tick main" d={`M${point(mark, 64, -90, 360)}L${point(mark, 96, -90, 360)}`} />
        <path class="tick" d="M100 8V36" />
        <text class="figure" x="100" y="112">
          {figure}
        </text>
        <text class="unit" x="100" y="136">
          s
        </text>
      </svg>
      <p class="status">
        {stage === "done" && <span class="mark">✔</span>}
        {stage === "enough" && <span class="mark">▲</span>} {status}
      </p>
      <p class="limits">
        marks at {done_s.toFixed(0)} and {enough_s.toFixed(0)} s
      </p>
    </section>
  );
}
