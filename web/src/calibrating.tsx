/** The card that calibrates: what, with which tool, what to do now, and what came of it. */

import { useState } from "preact/hooks";
import { seen, WHATS, type Bench, type Calibrator, type What } from "./calibrate";
import type { Model } from "./model";
import { HANDS, inside, muscleName, MUSCLES, sentence, spoken } from "./words";

const NAMES = Object.keys(WHATS) as What[];
const ENDS = { done: "done", refused: "not calibrated", cancelled: "cancelled, everything is as it was" } as const;

interface Props {
  readonly model: Model;
  readonly calibrator: Calibrator;
}

/** A number that was typed, if it is one in the range. */
function inRange(text: string, least: number, most: number): number | null {
  const value = Number(text.replace(",", "."));
  return text.trim() !== "" && value >= least && value <= most ? value : null;
}

/** While it is on: what to do, how far it is, what it sees, and the buttons. */
function Running({ bench, calibrator }: { bench: Bench; calibrator: Calibrator }) {
  const [typed, type] = useState("");
  const { asked, progress, why, whyOf } = bench;
  const force = asked.what === "force";
  const kg = inRange(typed, 0.5, 200);
  const waits = progress?.wants_mark ?? false;
  return (
    <>
      <div role="status">
        <p class="position">{progress?.do ?? "Asking Slowroll"}</p>
        {progress?.problem && <p class="trouble">{sentence(progress.problem)}</p>}
        {why && (
          <p class="trouble">
            {whyOf !== null && whyOf !== "look" && `${spoken(whyOf)}: `}
            {sentence(why)}
          </p>
        )}
      </div>
      <div
        class="progress"
        role="progressbar"
        aria-label="This step"
        aria-valuenow={Math.round((progress?.share ?? 0) * 100)}
      >
        <div style={{ width: `${(progress?.share ?? 0) * 100}%` }} />
      </div>
      <p class="hint seen">{seen(progress?.live ?? {}).join(" · ")}</p>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          if (!waits || (force && kg === null)) return;
          calibrator.mark(force && kg !== null ? kg : undefined);
          type("");
        }}
      >
        {force && (
          <>
            <input
              aria-label="Mass on the roller, kg"
              type="text"
              inputMode="decimal"
              value={typed}
              onInput={(event) => type(event.currentTarget.value)}
            />
            <span>kg</span>
          </>
        )}
        {(force || asked.what === "span") && (
          <button type="submit" class="main" disabled={!waits || (force && kg === null)}>
            {force ? "Mark: it is on now" : "Mark: here is an end"}
          </button>
        )}
        {force && (
          <button type="button" onClick={() => calibrator.finish()}>
            Finish
          </button>
        )}
        <button type="button" onClick={() => calibrator.cancel()}>
          Cancel
        </button>
      </form>
      {asked.what === "span" && <p class="hint">A press of the roller's button marks as well.</p>}
    </>
  );
}

/** How the last one ended. */
function Ended({ bench }: { bench: Bench }) {
  const { stands, progress, why, asked } = bench;
  if (stands === "on") return null;
  const said = stands === "done" ? `${progress?.words ?? ""}. It holds from now on.` : stands === "refused" ? why : "";
  return (
    <p class={stands === "refused" ? "trouble" : "advice"} role="status">
      <b>
        {spoken(asked.what)}: {ENDS[stands]}.
      </b>{" "}
      {sentence(said)}
    </p>
  );
}

export function Calibrate({ model, calibrator }: Props) {
  const state = model.state?.value;
  const { bench } = model;
  const tools = (state?.tools.map((each) => each.tool) ?? []).filter((each) => each !== HANDS);
  const [open, setOpen] = useState(bench !== null);
  const [what, setWhat] = useState<What>("gyro");
  const [picked, pick] = useState<string | null>(null);
  const [distance, setDistance] = useState("1");
  const [chosen, choose] = useState<string | null>(null);
  const tool = tools.find((each) => each === picked) ?? tools[0];
  const muscle = chosen ?? state?.muscle ?? MUSCLES[0] ?? "";
  const distance_m = inRange(distance, 0.3, 5);
  const on = bench?.stands === "on";
  const kept = (model.calibrated ?? []).filter((note) => note.device.startsWith(`${tool} `));
  const begin = () =>
    calibrator.begin({
      what,
      ...(tool === undefined ? {} : { tool }),
      ...(what === "radius" && distance_m !== null ? { distance_m } : {}),
      ...(what === "span" ? { muscle } : {}),
    });
  return (
    <section class="card" id="calibrate" aria-label="Calibrate">
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Calibrate{on && `: ${inside(spoken(bench.asked.what))}`}</summary>
        {bench !== null && on && <Running bench={bench} calibrator={calibrator} />}
        {!on && (
          <>
            {bench !== null && <Ended bench={bench} />}
            <div class="choices" role="group" aria-label="What to calibrate">
              {NAMES.map((name) => (
                <button key={name} type="button" aria-pressed={name === what} onClick={() => setWhat(name)}>
                  {spoken(name)}
                </button>
              ))}
            </div>
            {tools.length > 1 && (
              <div class="choices" role="group" aria-label="Tool to calibrate">
                {tools.map((name) => (
                  <button key={name} type="button" aria-pressed={name === tool} onClick={() => pick(name)}>
                    {spoken(name)}
                  </button>
                ))}
              </div>
            )}
            <p class="hint">{WHATS[what]}</p>
            <form
              class="inline"
              onSubmit={(event) => {
                event.preventDefault();
                begin();
              }}
            >
              {what === "radius" && (
                <label>
                  <input
                    aria-label="Distance between the marks, m"
                    type="text"
                    inputMode="decimal"
                    value={distance}
                    onInput={(event) => setDistance(event.currentTarget.value)}
                  />{" "}
                  m apart
                </label>
              )}
              {what === "span" && (
                <select
                  aria-label="Muscle to measure"
                  value={muscle}
                  onChange={(event) => choose(event.currentTarget.value)}
                >
                  {MUSCLES.map((name) => (
                    <option key={name} value={name}>
                      {muscleName(name)}
                    </option>
                  ))}
                </select>
              )}
              <button
                type="submit"
                class="main"
                disabled={model.link.kind !== "up" || (what === "radius" && distance_m === null)}
              >
                Begin
              </button>
            </form>
            {model.calibrated !== null && (
              <ul class="plain-list">
                {NAMES.map((name) => (
                  <li key={name}>
                    <b>{spoken(name)}</b>: {kept.find((note) => note.what === name)?.words ?? "not calibrated"}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </details>
    </section>
  );
}
