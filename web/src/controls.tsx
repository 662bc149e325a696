/** What the person can tell the coach: what is worked on, how it feels, and to stop. */

import { useState } from "preact/hooks";
import { byHand, health, planned, stepName, type Model } from "./model";
import type { Commands, Tell } from "./store";
import { HANDS, moment, muscleName, MUSCLES, place, shortName, spoken } from "./words";

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
  const tools = [...(state?.tools.map((tool) => tool.tool) ?? []).filter((tool) => tool !== HANDS), HANDS];

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
            title={muscleName(name)}
            aria-pressed={name === (picked ?? muscle)}
            onClick={() => select(name, side, tool)}
          >
            {shortName(name)}
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
      <div class="choices" role="group" aria-label="Tool">
        {tools.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === tool}
            disabled={muscle === null}
            onClick={() => select(muscle, side, each)}
          >
            {spoken(each)}
          </button>
        ))}
      </div>
      {byHand(model) && <p class="hint">By hand: the time is kept; speed and force are not measured.</p>}
    </section>
  );
}

interface ScaleProps {
  /** What one button is called: "Rate" in "Rate 7 of 10". */
  readonly name: string;
  readonly ends: readonly [string, string];
  readonly onPick: (value: number) => void;
}

/** Eleven buttons, 0 to 10. */
function Scale({ name, ends, onPick }: ScaleProps) {
  return (
    <>
      <div class="choices ratings" role="group" aria-label={`${name}, 0 to 10`}>
        {RATINGS.map((value) => (
          <button key={value} type="button" aria-label={`${name} ${value} of 10`} onClick={() => onPick(value)}>
            {value}
          </button>
        ))}
      </div>
      <p class="ends">
        <span>0 {ends[0]}</span>
        <span>10 {ends[1]}</span>
      </p>
    </>
  );
}

/** Asked while the phase depends on it; what was said before stays in the phase's panel. */
export function Soreness({ tell }: Props) {
  return (
    <section class="card asked" id="soreness" aria-labelledby="soreness-title">
      <h2 id="soreness-title">How sore are your legs today?</h2>
      <Scale
        name="Soreness"
        ends={["not at all", "very sore"]}
        onPick={(value) => tell("soreness", { value }, `Soreness ${value} of 10`)}
      />
      <p class="hint">It decides how gently you roll today. Stairs and getting up tell best.</p>
    </section>
  );
}

/** How tender the muscle is, 0 to 10, and what was said so far. */
export function Rate({ model, tell }: Props) {
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
      <Scale
        name="Rate"
        ends={["not at all", "the worst"]}
        onPick={(value) => tell("rate", { value, when }, `Rate ${value} ${when} rolling`)}
      />
      {Object.values(model.rated).length > 0 && (
        <ul class="rated">
          {Object.entries(model.rated).map(([key, { muscle, side, before, after }]) => (
            <li key={key}>
              {place(muscle, side) ?? "No muscle"}: <b>{before ?? "–"}</b> before, <b>{after ?? "–"}</b> after
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** When the run ended: it decides the phase. */
export function RunFinished({ tell }: Props) {
  const [minutes, setMinutes] = useState("90");
  const [local, setLocal] = useState("");
  const [effort, setEffort] = useState("");
  const value = Number(minutes);
  const usable = minutes.trim() !== "" && Number.isFinite(value) && value >= 0 && value <= 43_200;
  const at = moment(local);
  const send = (when: Commands["run_finished"], words: string) =>
    tell("run_finished", { ...when, ...(effort === "" ? {} : { effort: Number(effort) }) }, `Run finished ${words}`);
  const ago = (minutes_ago: number) =>
    send({ minutes_ago }, minutes_ago === 0 ? "just now" : `${minutes_ago} min ago`);
  return (
    <section class="card" aria-labelledby="run-title">
      <h2 id="run-title">Run finished, how long ago?</h2>
      <div class="choices run" role="group" aria-label="How long ago the run finished">
        {RUN_ENDS.map(([label, minutes_ago]) => (
          <button key={minutes_ago} type="button" onClick={() => ago(minutes_ago)}>
            {label}
          </button>
        ))}
      </div>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          if (usable) ago(value);
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
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          if (at !== null) send({ at }, `at ${local.replace("T", " ")}`);
        }}
      >
        <span>Or at</span>
        <input
          class="when"
          aria-label="Date and time at which the run finished"
          type="datetime-local"
          value={local}
          onInput={(event) => setLocal(event.currentTarget.value)}
        />
        <button type="submit" disabled={at === null}>
          Set time
        </button>
      </form>
      <label class="inline">
        <span>How hard it was (optional)</span>
        <select value={effort} onChange={(event) => setEffort(event.currentTarget.value)}>
          <option value="">–</option>
          {RATINGS.map((each) => (
            <option key={each} value={String(each)}>
              {each} of 10
            </option>
          ))}
        </select>
      </label>
      <p class="hint">
        Or put the watch's FIT, TCX or GPX file into the folder <code>runs</code> of Slowroll's state folder (
        <code>~/.local/state/slowroll/runs</code>, or <code>runs_dir</code> in slowroll.toml): it is read within seconds.
      </p>
    </section>
  );
}

/** Quiet, tare, end; and undo, which a routine has among its own buttons. */
export function More({ model, tell }: Props) {
  const quiet = model.state?.value.quiet ?? false;
  const routine = model.state?.value.plan != null;
  return (
    <section class="card" aria-labelledby="more-title">
      <h2 id="more-title">Roller and session</h2>
      <div class={routine ? "choices three" : "choices two"}>
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
        {!routine && (
          <button type="button" onClick={() => tell("undo", {}, "Undo")}>
            Undo
          </button>
        )}
        <button type="button" onClick={() => tell("end", {}, "End session")}>
          End session
        </button>
      </div>
      <p class="hint">
        Quiet: no vibration. Tare: with nothing on the roller.{!routine && " Undo: the last spot or rating."}
      </p>
    </section>
  );
}

/** Always in reach: stop, and the two most used. */
export function Bar({ model, tell, now }: Props & { readonly now: number }) {
  const cut = health(model, now).kind === "cut";
  const { next } = planned(model);
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
        {next !== null && <small>{stepName(next)}</small>}
      </button>
      <p>Wellness, not medicine. Stop at sharp or increasing pain.</p>
    </div>
  );
}
