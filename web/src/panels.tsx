/** What the page tells the person: the cue, the set, the session, faults and answers. */

import { useState } from "preact/hooks";
import { forceZone, speedZone } from "./dials";
import {
  byHand,
  faultLines,
  freshLive,
  health,
  newestCue,
  planned,
  stepName,
  target,
  type FeedItem,
  type Model,
} from "./model";
import type { Cue, Live, State } from "./wire";
import { ago, colourName, cueTone, duration, HANDS, headline, inside, percent, place, quantity, reason, span, spoken, type Tone } from "./words";

/** How long a cue stands large before the page goes back to how it goes. */
const CUE_SHOWN_MS = 10_000;

interface Props {
  readonly model: Model;
  readonly now: number;
}

export function ToneMark({ tone }: { tone: Tone }) {
  const inside = {
    stop: (
      <>
        <path d="M12.5 2h15L38 12.5v15L27.5 38h-15L2 27.5v-15z" />
        <path class="cut" d="M20 9v14M20 28v4" />
      </>
    ),
    warn: (
      <>
        <path d="M20 3l18 33H2z" />
        <path class="cut" d="M20 14v11M20 29v4" />
      </>
    ),
    go: (
      <>
        <circle cx="20" cy="20" r="18" />
        <path class="cut" d="M10 20h19M21 12l8 8-8 8" />
      </>
    ),
    calm: <circle cx="20" cy="20" r="11" />,
  }[tone];
  return (
    <svg class="tone" viewBox="0 0 40 40" aria-hidden="true">
      {inside}
    </svg>
  );
}

interface Headline {
  readonly tone: Tone;
  readonly words: string;
  readonly detail: string;
}

/** How it goes, in a few words, when there is no cue to show. */
function calmHeadline(model: Model, live: Live | null, state: State | undefined): Headline {
  const chosen = target(model);
  const name = chosen === null ? "" : inside(chosen);
  if (state?.acknowledged === false) {
    return { tone: "warn", words: "First read the checklist", detail: "A session can begin once it is read" };
  }
  if (byHand(model) && state?.set) {
    const left = state.set.target_s - state.set.work_s;
    return {
      tone: "calm",
      words: `By hand: ${name}`,
      detail: left > 0 ? `${Math.ceil(left)} s to go` : "The time is over: go on when you like",
    };
  }
  const onBody = state?.tools.some((tool) => tool.on_body) ?? false;
  const step = planned(model).now;
  if (step !== null && !onBody) {
    const bounds = state?.card ? `From ${state.card.start} to ${state.card.end}` : "Put the tool on the muscle";
    return { tone: "calm", words: `${state?.set ? "Go on" : "Next"}: ${inside(stepName(step))}`, detail: bounds };
  }
  if (live === null) {
    if (onBody) return { tone: "calm", words: "On the body", detail: "Waiting for values" };
    if (chosen === null) {
      const due = state?.due && state.run_ago_s != null ? `Your run ended ${span(state.run_ago_s)} ago` : "";
      return { tone: "calm", words: "Choose a muscle to begin", detail: due || "Or a routine, under Plan" };
    }
    return { tone: "calm", words: `Ready: ${name}`, detail: "Put the tool on the muscle" };
  }
  if (live.state === "holding") {
    const [into, out] = [state?.breathe_in_s, state?.breathe_out_s];
    const pace = into && out ? `Breathe slowly: ${into.toFixed(0)} s in, ${out.toFixed(0)} s out` : "Breathe slowly";
    return { tone: "calm", words: `Holding, ${Math.floor(live.hold_s)} s`, detail: pace };
  }
  if (live.state !== "rolling") return { tone: "calm", words: "On the body, still", detail: "" };
  const force = forceZone(live);
  const matches = speedZone(live) !== "over" && (force === null || force === "ok");
  const how = state?.starting_light ? "Lightly at first" : matches ? "Matches the guidance" : "";
  const set = state?.set;
  const far = set ? `${Math.floor(set.work_s)} of ${Math.round(set.target_s)} s` : "";
  return { tone: "calm", words: "Rolling", detail: [how, far].filter(Boolean).join(" · ") };
}

/** Whether a cue is shown large: not one about a tool that was laid down for the hands, nor what the page says itself. */
function holds(cue: Cue, model: Model): boolean {
  if (cue.cue === "read_first") return false; // the checklist stands above, and the calm line points to it
  return !byHand(model) || cue.tool == null || cue.tool === HANDS;
}

/** The line that is read from two metres: the newest cue while it is new, else how it goes. */
export function Hero({ model, now }: Props) {
  const condition = health(model, now);
  const state = model.state?.value;
  if (condition.kind !== "live") {
    return (
      <section class="hero calm" id="hero">
        <ToneMark tone="calm" />
        <div>
          <p class="words">{condition.title}</p>
          <p class="why">{condition.text}</p>
        </div>
      </section>
    );
  }
  if (state?.pain) {
    return (
      <section class="hero stop" id="hero">
        <ToneMark tone="stop" />
        <div>
          <p class="words">Stopped for pain</p>
          <p class="why">
            Leave this muscle alone for 24 hours. Lasting pain, swelling or numbness is for a doctor or physiotherapist.
          </p>
        </div>
      </section>
    );
  }
  const newest = newestCue(model);
  if (newest !== null && now - newest.at < CUE_SHOWN_MS && holds(newest.cue, model)) {
    return <CueHero key={newest.key} cue={newest.cue} age={now - newest.at} />;
  }
  const line = calmHeadline(model, freshLive(model, now), state);
  return (
    <section class={`hero ${line.tone}`} id="hero">
      <ToneMark tone={line.tone} />
      <div>
        <p class="words">{line.words}</p>
        <p class="why">{line.detail || "\u00a0"}</p>
      </div>
    </section>
  );
}

function CueHero({ cue, age }: { cue: Cue; age: number }) {
  const tone = cueTone(cue.cue);
  const why = reason(cue.reason);
  const [first, rest] = headline(cue.words || spoken(cue.cue));
  return (
    <section class={`hero ${tone}`} id="hero">
      <ToneMark tone={tone} />
      <div>
        <p class="words">{first}</p>
        {rest !== "" && <p class="rest">{rest}</p>}
        <details class="why">
          <summary>
            {why || spoken(cue.cue)} <span class="age">{ago(age)}</span>
          </summary>
          <p>
            Where the limit is from: {cue.reason.source || "not given"}.{" "}
            <a href={`#help/cue-${cue.cue}`}>What this cue means</a>
          </p>
        </details>
      </div>
    </section>
  );
}

/** For screen readers: each cue once, as it comes; a stop interrupts. */
export function Spoken({ model, now }: Props) {
  const newest = newestCue(model);
  const fresh = newest !== null && now - newest.at < CUE_SHOWN_MS ? newest : null;
  const words = fresh === null ? "" : fresh.cue.words || spoken(fresh.cue.cue);
  const urgent = fresh !== null && cueTone(fresh.cue.cue) === "stop";
  return (
    <>
      <div class="unseen" aria-live="assertive">
        {urgent && <p key={fresh.key}>{words}</p>}
      </div>
      <div class="unseen" aria-live="polite">
        {fresh !== null && !urgent && <p key={fresh.key}>{words}</p>}
      </div>
    </>
  );
}

/** What is worked on, and how far. */
export function SetPanel({ model }: { model: Model }) {
  const state = model.state?.value;
  const set = state?.set ?? null;
  const share = set === null || set.target_s <= 0 ? 0 : Math.min(1, set.work_s / set.target_s);
  const over = set !== null && set.target_s > 0 && set.work_s > set.target_s;
  const hands = byHand(model);
  const selected = hands
    ? HANDS
    : (state?.tools.find((tool) => tool.tool === state.tool) ?? state?.tools[0])?.kind;
  return (
    <section class="card set" id="set" aria-labelledby="set-title">
      <div class="row">
        <h2 id="set-title" class="place">
          {target(model) ?? "No muscle chosen"}
        </h2>
        <p class="tool">{selected === undefined ? "no tool" : hands ? "By hand, timed" : spoken(selected)}</p>
      </div>
      <div
        class={over ? "progress over" : "progress"}
        role="progressbar"
        aria-label="Work in this set"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <dl class="facts">
        <div>
          <dt>{hands ? "Timer" : "Work"}</dt>
          <dd>{set === null ? "–" : `${Math.floor(set.work_s)} / ${Math.round(set.target_s)} s`}</dd>
        </div>
        <div>
          <dt>Passes</dt>
          <dd>{set === null || hands ? "–" : set.passes}</dd>
        </div>
        <div>
          <dt>Holds</dt>
          <dd>{set === null || hands ? "–" : set.holds}</dd>
        </div>
        <div>
          <dt>In guidance</dt>
          <dd>{set === null ? "–" : percent(set.in_guidance)}</dd>
        </div>
      </dl>
    </section>
  );
}

function FeedLine({ item, now }: { item: FeedItem; now: number }) {
  const [open, setOpen] = useState(false);
  if (item.kind === "set") {
    const { set } = item;
    return (
      <li class="go">
        <span class="dot">✔</span>
        <span>
          Set done: {place(set.muscle, set.side) ?? "no muscle"}, {duration(set.work_s)}
          {set.tool === HANDS ? " by hand" : `, ${set.passes} passes`}
          {set.in_guidance !== null && `, ${percent(set.in_guidance)} in guidance`}
        </span>
        <span class="age">{ago(now - item.at)}</span>
      </li>
    );
  }
  const [first, rest] = item.kind === "cue" ? headline(item.cue.words || spoken(item.cue.cue)) : ["", ""];
  const line =
    item.kind === "note"
      ? item
      : {
          tone: cueTone(item.cue.cue),
          words: first,
          source: [rest, reason(item.cue.reason), item.cue.reason.source].filter(Boolean).join("; "),
        };
  return (
    <li class={line.tone}>
      <ToneMark tone={line.tone} />
      {line.source === "" ? (
        <span>{line.words}</span>
      ) : (
        <button type="button" class="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
          {line.words}
          {open && <small>{line.source}</small>}
        </button>
      )}
      <span class="age">{ago(now - item.at)}</span>
    </li>
  );
}

export function Feed({ model, now }: Props) {
  return (
    <section class="card" aria-labelledby="feed-title">
      <h2 id="feed-title">Recent</h2>
      {model.feed.length === 0 && <p class="hint">Cues and finished sets appear here.</p>}
      <ul class="feed">
        {model.feed.map((item) => (
          <FeedLine key={item.key} item={item} now={now} />
        ))}
      </ul>
    </section>
  );
}

export function Session({ model }: { model: Model }) {
  const running = model.state?.value.session ?? null;
  const last = model.session;
  const shown = running ?? last;
  return (
    <section class="card" id="session" aria-labelledby="session-title">
      <h2 id="session-title">{running === null && last !== null ? "Last session" : "Session so far"}</h2>
      {shown === null ? (
        <p class="hint">No session yet. It begins when the tool touches the body.</p>
      ) : (
        <p class="sum">
          <b>{duration(shown.work_s)}</b> of work,{" "}
          {shown.in_guidance !== null && (
            <>
              <b>{percent(shown.in_guidance)}</b> in guidance,{" "}
            </>
          )}
          <b>{shown.sets.length}</b> {shown.sets.length === 1 ? "set" : "sets"}
        </p>
      )}
      {shown !== null && shown.sets.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Muscle</th>
              <th scope="col">Work</th>
              <th scope="col">Passes</th>
              <th scope="col">Holds</th>
              <th scope="col">In guidance</th>
            </tr>
          </thead>
          <tbody>
            {shown.sets.map((set, index) => (
              <tr key={index}>
                <th scope="row">{place(set.muscle, set.side) ?? "Not chosen"}</th>
                <td>{quantity(set.work_s, "s")}</td>
                <td>{set.passes}</td>
                <td>{set.holds}</td>
                <td>{percent(set.in_guidance)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {running === null &&
        last?.advice.map((line) => (
          <p key={line} class="advice">
            {line}
          </p>
        ))}
    </section>
  );
}

export function faulty(model: Model): boolean {
  return model.strange !== null || faultLines(model).length > 0;
}

export function Faults({ model }: { model: Model }) {
  const lines = faultLines(model);
  if (!faulty(model)) return null;
  return (
    <section class="card faults" id="faults" role="alert">
      {lines.map((line) => (
        <p key={line.what}>
          <ToneMark tone="warn" />
          <span>
            <b>{line.what}</b>
            {line.hint && <> {line.hint}</>}
          </span>
        </p>
      ))}
      {model.strange !== null && (
        <p>
          <ToneMark tone="warn" />
          <span>
            <b>A message on {model.strange} could not be read</b> and is not shown. Page and program may be of different
            versions: reload the page.
          </span>
        </p>
      )}
    </section>
  );
}

export function Notices({ model }: { model: Model }) {
  return (
    <div class="notices" role="status">
      {model.notices.map((notice) => (
        <p key={notice.key} class={notice.ok ? "ok" : "no"}>
          <b>{notice.ok ? "✔" : "✖"}</b> {notice.text}
        </p>
      ))}
    </div>
  );
}

/** The roller's own light and motor, as they are now. */
export function Led({ model, now }: Props) {
  const live = freshLive(model, now);
  const colour = live?.led ?? null;
  const name = colour === null ? "not known" : colourName(colour);
  const top = Math.max(0.001, ...(colour ?? [0]));
  const fill =
    colour === null || name === "off"
      ? "transparent"
      : `rgb(${colour.map((level) => Math.round((level / top) * 255)).join(" ")})`;
  return (
    <span class="chip led" id="led">
      <span class="lamp" style={{ background: fill }} aria-hidden="true" /> <span class="wide">LED</span> {name}
      {/* Keeps its place while hidden: the motor runs for moments, and nothing should jump. */}
      <b class={live !== null && live.haptic > 0 ? "" : "off"}>· motor</b>
    </span>
  );
}
