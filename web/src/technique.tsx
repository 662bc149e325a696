/** How to do the muscle that is on or comes next: its card, and where it is tender. */

import { freshLive, spotsHere, wayToSpot, type Model } from "./model";
import { ToneMark } from "./panels";
import { inside, trendWords } from "./words";

export function Technique({ model }: { model: Model }) {
  const state = model.state?.value;
  const card = state?.card;
  if (!state || !card) return null;
  const lane = state.lane ?? null;
  return (
    <section class="card" id="technique" aria-labelledby="technique-title">
      <div class="row">
        <h2 id="technique-title">How: {inside(card.title)}</h2>
        <p class="tool">{card.muscles.join(", ")}</p>
      </div>
      <p class="position">{card.position}</p>
      <p class="bounds">
        <b>{card.start}</b> <span aria-label="to">→</span> <b>{card.end}</b>
      </p>
      {card.lanes.length > 0 && (
        <ul class="lanes" aria-label="In turn">
          {card.lanes.map((each) => (
            <li key={each} aria-current={each === lane ? "step" : undefined}>
              {each === lane && <b>Now: </b>}
              {each}
            </li>
          ))}
        </ul>
      )}
      {lane !== null && !card.lanes.includes(lane) && (
        <p>
          <b>Now: {lane}</b>
        </p>
      )}
      {card.more !== "" && <p>{card.more}</p>}
      {card.note !== "" && (
        <p class="caution warn">
          <ToneMark tone="warn" /> <span>{card.note}</span>
        </p>
      )}
      {card.keep_off !== "" && (
        <p>
          <b>Keep off:</b> {card.keep_off}
        </p>
      )}
      <p class="hint">Position and rotation are not sensed. Source: {card.source}</p>
    </section>
  );
}

const MAP = { width: 320, height: 84, edge: 22, line: 46 } as const;
/** The map shows at least this much of the muscle, metres. */
const SHOWN_M = 0.2;

/** A line along the muscle with its tender spots, and the tool on it. */
export function Spots({ model, now }: { model: Model; now: number }) {
  const spots = spotsHere(model);
  if (spots.length === 0) return null;
  const live = freshLive(model, now);
  const way = wayToSpot(model, live);
  const here = live?.position_m ?? null;
  const ends = spots.flatMap((spot) => [spot.position_m - spot.position_sd_m, spot.position_m + spot.position_sd_m]);
  // The tool may leave the map; it is held at its end rather than moving the map under the person's eyes.
  const low = Math.min(0, ...ends);
  const high = Math.max(low + SHOWN_M, ...ends);
  const share = (at: number) => Math.min(1, Math.max(0, (at - low) / (high - low)));
  const x = (at: number) => MAP.edge + (MAP.width - 2 * MAP.edge) * share(at);
  return (
    <section class="card" id="spots" aria-labelledby="spots-title">
      <div class="row">
        <h2 id="spots-title">Tender spots here</h2>
        {way !== null && <p class="way">{way.words}</p>}
      </div>
      <svg viewBox={`0 0 ${MAP.width} ${MAP.height}`} aria-hidden="true">
        <path class="muscle" d={`M${MAP.edge} ${MAP.line}H${MAP.width - MAP.edge}`} />
        <path class="tick" d={`M${x(0)} ${MAP.line - 9}v18`} />
        <text class="scale" x={x(0)} y={MAP.height - 6}>
          0
        </text>
        <text class="scale" x={x(high)} y={MAP.height - 6}>
          {(high * 100).toFixed(0)} cm
        </text>
        {spots.map((spot, index) => (
          <g key={index} class={way?.spot === spot ? "spot near" : "spot"}>
            <path
              class="sd"
              d={`M${x(spot.position_m - spot.position_sd_m)} ${MAP.line}H${x(spot.position_m + spot.position_sd_m)}`}
            />
            <circle cx={x(spot.position_m)} cy={MAP.line} r="7" />
            <text class="scale" x={x(spot.position_m)} y={MAP.line - 14}>
              {spot.last_rating ?? "?"}
            </text>
          </g>
        ))}
        {here !== null && <path class="tool-here" d={`M${x(here)} ${MAP.line + 9}l8 14h-16z`} />}
      </svg>
      <ul class="plain-list">
        {spots.map((spot, index) => (
          <li key={index}>
            <b>
              {(spot.position_m * 100).toFixed(0)} ± {(spot.position_sd_m * 100).toFixed(0)} cm
            </b>
            , {spot.last_rating === null ? "not rated" : `rated ${spot.last_rating} of 10`}
            {spot.trend !== null && `, ${trendWords(spot.trend)}`}, {spot.by === "hold" ? "held" : "marked"} {spot.count === 1 ? "once" : `${spot.count} times`}
          </li>
        ))}
      </ul>
      <p class="hint">Measured along the muscle from where the set began: begin at the same end each time.</p>
    </section>
  );
}
