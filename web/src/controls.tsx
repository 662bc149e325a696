/** What the person can tell the coach: what is worked on, how it feels, and to stop. */

import { useState } from "preact/hooks";
import { health, type Model } from "./model";
import type { Tell } from "./store";
import { muscleName, MUSCLES, place, spoken } from "./words";

interface Props {
  readonly model: Model;
  readonly tell: Tell;
}

/** The button on the roller does not need this page: a long press stops everything. */
const UNSENT_STOP = "The stop was not sent, there is no connection. Stop rolling; hold the roller's button to switch it off.";

const SIDES = ["left", "right"] as const;
const RATINGS = Array.from({ length: 11 }, (_, value) => value);
const RUN_ENDS: readonly (readonly [string, number])[] = [
  ["now", 0],
  ["30 min", 30],
  ["2 h", 120],
  ["6 h", 360],
  ["24 h", 1440],
];

/** Muscle, side and tool of the next set. A muscle alone is not sent before a side is known. */
export function Choose({ model, tell }: Props) {
  const state = model.state?.value;
  const [picked, pick] = useState<string | null>(null);
  const muscle = state?.muscle ?? null;
  const side = state?.side ?? null;
  const tools = state?.tools ?? [];

  function select(toMuscle: string | null, toSide: string | null, toTool: string | null) {
    if (toMuscle === null || toSide === null) {
      pick(toMuscle);
      return;
    }
    pick(null);
    const fields = { muscle: toMuscle, side: toSide, ...(toTool === null ? {} : { tool: toTool }) };
    tell("select", fields, place(toMuscle, toSide) ?? "Muscle");
  }

  const tool = state?.tool ?? null;
  return (
    <section class="card" aria-labelledby="choose-title">
      <h2 id="choose-title">Muscle</h2>
      <div class="choices muscles" role="group" aria-label="Muscle">
        {MUSCLES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === (picked ?? muscle)}
            onClick={() => select(name, side, tool)}
          >
            {muscleName(name)}
          </button>
        ))}
      </div>
      <div class="choices two" role="group" aria-label="Side">
        {SIDES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === side}
            disabled={(picked ?? muscle) === null}
            onClick={() => select(picked ?? muscle, name, tool)}
          >
            {spoken(name)}
          </button>
        ))}
      </div>
      {picked !== null && <p class="hint">Which side? Choose left or right.</p>}
      {tools.length > 1 && (
        <div class="choices" role="group" aria-label="Tool">
          {tools.map((each) => (
            <button
              key={each.tool}
              type="button"
              aria-pressed={each.tool === tool}
              disabled={muscle === null}
              onClick={() => select(muscle, side, each.tool)}
            >
              {spoken(each.tool)}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

/** How tender the muscle is, 0 to 10. */
export function Rate({ tell }: Props) {
  const [when, setWhen] = useState<"before" | "after">("after");
  return (
    <section class="card" aria-labelledby="rate-title">
      <h2 id="rate-title">How tender is it?</h2>
      <div class="choices two" role="group" aria-label="When">
        {(["before", "after"] as const).map((name) => (
          <button key={name} type="button" aria-pressed={name === when} onClick={() => setWhen(name)}>
            {spoken(name)} rolling
          </button>
        ))}
      </div>
      <div class="choices ratings" role="group" aria-label="Rating, 0 to 10">
        {RATINGS.map((value) => (
          <button
            key={value}
            type="button"
            aria-label={`Rate ${value} of 10`}
            onClick={() => tell("rate", { value, when }, `Rate ${value} ${when} rolling`)}
          >
            {value}
          </button>
        ))}
      </div>
      <p class="ends">
        <span>0 not at all</span>
        <span>10 the worst</span>
      </p>
    </section>
  );
}

/** When the run ended: it decides the phase. */
export function RunFinished({ tell }: Props) {
  const [minutes, setMinutes] = useState("90");
  const value = Number(minutes);
  const usable = minutes.trim() !== "" && Number.isFinite(value) && value >= 0 && value <= 43_200;
  const send = (minutes_ago: number) =>
    tell("run_finished", { minutes_ago }, minutes_ago === 0 ? "Run finished just now" : `Run finished ${minutes_ago} min ago`);
  return (
    <section class="card" aria-labelledby="run-title">
      <h2 id="run-title">Run finished, how long ago?</h2>
      <div class="choices run" role="group" aria-label="How long ago the run finished">
        {RUN_ENDS.map(([label, ago]) => (
          <button key={ago} type="button" onClick={() => send(ago)}>
            {label}
          </button>
        ))}
      </div>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          if (usable) send(value);
        }}
      >
        <span>Or</span>
        <input
          aria-label="Minutes since the run finished"
          type="number"
          inputMode="numeric"
          min="0"
          max="43200"
          step="1"
          value={minutes}
          onInput={(event) => setMinutes(event.currentTarget.value)}
        />
        <span>minutes ago</span>
        <button type="submit" disabled={!usable}>
          Set
        </button>
      </form>
    </section>
  );
}

/** Quiet, tare, end. */
export function More({ model, tell }: Props) {
  const quiet = model.state?.value.quiet ?? false;
  return (
    <section class="card" aria-labelledby="more-title">
      <h2 id="more-title">Roller and session</h2>
      <div class="choices three">
        <button
          type="button"
          aria-pressed={quiet}
          onClick={() => tell("quiet", { on: !quiet }, quiet ? "Quiet off" : "Quiet on")}
        >
          Quiet
        </button>
        <button type="button" onClick={() => tell("tare", {}, "Tare")}>
          Tare
        </button>
        <button type="button" onClick={() => tell("end", {}, "End session")}>
          End session
        </button>
      </div>
      <p class="hint">Quiet: no vibration. Tare: with nothing on the roller.</p>
    </section>
  );
}

/** Always in reach: stop, and the two most used. */
export function Bar({ model, tell, now }: Props & { readonly now: number }) {
  const cut = health(model, now).kind === "cut";
  return (
    <div class="bar" role="group" aria-label="Quick commands">
      <button type="button" class="pain" onClick={() => tell("pain", {}, "Pain – stop", UNSENT_STOP)}>
        <svg viewBox="0 0 40 40" aria-hidden="true">
          <path d="M12.5 2h15L38 12.5v15L27.5 38h-15L2 27.5v-15z" />
          <path class="cut" d="M20 9v14M20 28v4" />
        </svg>
        Pain – stop
      </button>
      <button type="button" disabled={cut} onClick={() => tell("spot", {}, "Spot")}>
        Spot
      </button>
      <button type="button" class="main" disabled={cut} onClick={() => tell("next", {}, "Next set")}>
        Next
      </button>
      <p>Wellness, not medicine. Stop at sharp or increasing pain.</p>
    </div>
  );
}
