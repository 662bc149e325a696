/** The routine: its plan and how far it is, what to choose from, and what today's phase and profile make of it. */

import { planned, stepName, type Model } from "./model";
import type { Tell } from "./store";
import type { Plan, State, Step } from "./wire";
import { cmPerS, duration, HANDS, span, spoken } from "./words";

interface Props {
  readonly model: Model;
  readonly tell: Tell;
}

const STEP_MARKS: Readonly<Record<string, string>> = { done: "✔", skipped: "↷", now: "▶", next: "○" };

function toolName(step: Step): string {
  return step.kind === HANDS ? "by hand" : spoken(step.kind).toLowerCase();
}

function Track({ plan }: { plan: Plan }) {
  return (
    <div class="steps" aria-hidden="true">
      {plan.steps.map((step, index) => (
        <i key={index} class={step.state} />
      ))}
    </div>
  );
}

/** While rolling: which step, what comes next, and how to move in the plan. */
export function PlanNow({ model, tell }: Props) {
  const plan = model.state?.value.plan;
  if (!plan) return null;
  const { number, now, next } = planned(model);
  return (
    <section class="card" id="plan-now" aria-labelledby="plan-now-title">
      <div class="row">
        <h2 id="plan-now-title">{plan.title}</h2>
        <p class="tool">
          {now === null ? "All steps are over" : `${number} of ${plan.steps.length}, ${duration(plan.left_s)} left`}
        </p>
      </div>
      <Track plan={plan} />
      <p class="coming">
        {next === null ? "Nothing comes after this." : "Then: "}
        {next !== null && <b>{stepName(next)}</b>}
        {next !== null && `, ${toolName(next)}, ${duration(next.set_s)}`} <a href="#plan">Whole plan</a>
      </p>
      <div class="choices four" role="group" aria-label="Move in the plan">
        <button type="button" onClick={() => tell("back", {}, "Back")}>
          Back
        </button>
        <button type="button" onClick={() => tell("repeat", {}, "Repeat")}>
          Repeat
        </button>
        <button type="button" onClick={() => tell("undo", {}, "Undo")}>
          Undo
        </button>
        <button type="button" onClick={() => tell("next", {}, "Skip")}>
          Skip
        </button>
      </div>
    </section>
  );
}

/** The plan from its first step to its last, and why it is so. */
export function WholePlan({ model }: { model: Model }) {
  const plan = model.state?.value.plan;
  if (!plan) return null;
  return (
    <section class="card" id="plan" aria-labelledby="plan-title">
      <div class="row">
        <h2 id="plan-title" class="place">
          {plan.title}
        </h2>
        <p class="tool">
          {duration(plan.total_s)} of work, {duration(plan.left_s)} left
        </p>
      </div>
      <ol class="plan">
        {plan.steps.map((step, index) => (
          <li key={index} class={step.state} aria-current={step.state === "now" ? "step" : undefined}>
            <span class="dot" title={spoken(step.state)}>
              {STEP_MARKS[step.state] ?? "○"}
            </span>
            <span>
              <b>{stepName(step)}</b> {toolName(step)}
              {step.state === "skipped" && " (skipped)"}
              {step.why !== "" && <small>{step.why}</small>}
            </span>
            <span class="age">{duration(step.set_s)}</span>
          </li>
        ))}
      </ol>
      {plan.explained.length > 0 && (
        <details>
          <summary>How its time was shared out</summary>
          <ul class="plain-list">
            {plan.explained.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** Begin a routine. A routine that leaves its muscle open takes the one that is chosen. */
function useRoutine(model: Model, tell: Tell) {
  const muscle = model.state?.value.muscle ?? null;
  return (name: string, title: string) => tell("routine", { name, ...(muscle === null ? {} : { muscle }) }, title);
}

/** Beside the dials, while no routine is on: one tap each. */
export function QuickRoutines({ model, tell }: Props) {
  const { help, state } = model;
  const begin = useRoutine(model, tell);
  if (help === null || typeof help === "string" || help.routines.length === 0 || state?.value.plan) return null;
  return (
    <section class="card" aria-labelledby="quick-title">
      <h2 id="quick-title">Routine</h2>
      <div class="choices wide">
        {help.routines.map(({ name, title }) => (
          <button key={name} type="button" onClick={() => begin(name, title)}>
            {title}
          </button>
        ))}
      </div>
      <p class="hint">
        It tells you what comes next: lift off to go on. <a href="#plan">What they are</a>
      </p>
    </section>
  );
}

export function Routines({ model, tell }: Props) {
  const { help } = model;
  const running = model.state?.value.plan?.routine ?? null;
  const begin = useRoutine(model, tell);
  return (
    <section class="card" id="routines" aria-labelledby="routines-title">
      <h2 id="routines-title">Choose a routine</h2>
      {help === null || typeof help === "string" ? (
        <p class="hint">{help ?? "Asking for the routines."}</p>
      ) : (
        <ul class="options">
          {help.routines.map(({ name, title, about, source }) => (
            <li key={name}>
              <div>
                <b>{title}</b> <span>{about}</span> {source !== "" && <small>{source}</small>}
              </div>
              <button
                type="button"
                aria-label={`Begin ${title}`}
                aria-pressed={name === running}
                onClick={() => begin(name, title)}
              >
                {name === running ? "Anew" : "Begin"}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function limitLines(state: State): readonly string[] {
  const tool = state.tools.find((each) => each.tool === state.tool) ?? state.tools[0];
  const lines: string[] = [];
  if (tool?.mean_speed_limit_m_s != null && tool.live_speed_limit_m_s != null) {
    lines.push(`up to ${cmPerS(tool.mean_speed_limit_m_s)} cm/s on average, never over ${cmPerS(tool.live_speed_limit_m_s)}`);
  }
  if (tool?.force_low_n != null && tool.force_high_n != null) {
    lines.push(`${tool.force_low_n.toFixed(0)} to ${tool.force_high_n.toFixed(0)} N`);
  }
  lines.push(`the hold timer's marks at ${state.hold_done_s.toFixed(0)} and ${state.hold_enough_s.toFixed(0)} s`);
  return lines;
}

/** The phase of recovery: since when, and what holds in it now. */
export function Phase({ model }: { model: Model }) {
  const state = model.state?.value;
  if (state === undefined) return null;
  const said = model.phaseWords?.phase === state.phase ? model.phaseWords : null;
  const since = state.run_ago_s == null ? "When the run ended is not known." : `The run ended ${span(state.run_ago_s)} ago.`;
  return (
    <section class="card" id="phase-card" aria-labelledby="phase-title">
      <h2 id="phase-title">Phase of recovery</h2>
      <p class="place">{spoken(state.phase)}</p>
      <p>
        {since}
        {state.sore != null && (state.sore ? " Your legs are sore, you said." : " Your legs are not sore, you said.")}
      </p>
      {said !== null && <p>{said.words}</p>}
      <p class="hint">
        Now: {limitLines(state).join("; ")}.{said !== null && said.source !== "" && ` Source: ${said.source}.`}
      </p>
    </section>
  );
}

export function Profiles({ model, tell }: Props) {
  const { help } = model;
  const current = model.state?.value.profile ?? null;
  if (help === null || typeof help === "string") return null;
  return (
    <section class="card" id="profiles" aria-labelledby="profiles-title">
      <h2 id="profiles-title">Profile: whose numbers to go by</h2>
      <ul class="options">
        {help.profiles.map(({ name, about }) => (
          <li key={name}>
            <div>
              <b>{spoken(name)}</b> <span>{about}</span>
            </div>
            <button
              type="button"
              aria-label={`Use profile ${name}`}
              aria-pressed={name === current}
              onClick={() => tell("profile", { name }, `Profile ${name}`)}
            >
              {name === current ? "On" : "Use"}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
