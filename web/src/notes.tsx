/** What has to be read: the checklist before the first use, and advice that holds now. */

import type { Help } from "./help";
import type { Model } from "./model";
import { ToneMark } from "./panels";
import type { Tell } from "./store";
import { adviceTone, spoken } from "./words";

type Item = Help["checklist"]["items"][number];

/** Items of one kind and source that follow each other, so that a heading says it once. */
export function grouped(items: readonly Item[]): readonly (readonly Item[])[] {
  const groups: Item[][] = [];
  for (const item of items) {
    const last = groups[groups.length - 1];
    if (last?.[0]?.kind === item.kind && last[0].source === item.source) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

export function ChecklistItems({ checklist }: { checklist: Help["checklist"] }) {
  return (
    <>
      <p>{checklist.intro}</p>
      {grouped(checklist.items).map((items) => (
        <div class="checklist" key={items[0]?.text}>
          <h3>
            {spoken(items[0]?.kind ?? "")} <small>{items[0]?.source}</small>
          </h3>
          <ul>
            {items.map(({ text }) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      ))}
      {checklist.source !== "" && <p class="hint">Sources: {checklist.source}</p>}
    </>
  );
}

/** Until it was read once no session begins. It can't be agreed to unread: without its items there is no button. */
export function Checklist({ model, tell }: { model: Model; tell: Tell }) {
  if (model.state?.value.acknowledged !== false) return null;
  const { help } = model;
  const ready = help !== null && typeof help !== "string";
  return (
    <section class="card first" id="checklist" role="dialog" aria-labelledby="checklist-title">
      <h2 id="checklist-title">{ready ? help.checklist.title : "Before the first use"}</h2>
      {ready ? (
        <>
          <ChecklistItems checklist={help.checklist} />
          <button type="button" class="main" onClick={() => tell("acknowledge", {}, "Checklist read")}>
            I have read this
          </button>
        </>
      ) : (
        <p>
          {help ?? "The checklist is being fetched."}
          {help !== null && " You can read the checklist with: slowroll acknowledge"}
        </p>
      )}
    </section>
  );
}

/** Which advice goes where: what is an alarm, what else is worth a look while rolling, and how the plan came about. */
export type Part = "alarms" | "rest" | "plan";

function partOf(topic: string): Part {
  return topic === "plan" ? "plan" : adviceTone(topic) === "stop" ? "alarms" : "rest";
}

/** Newest first; each stays until the program says that it holds no more. */
export function AdviceCards({ model, parts }: { model: Model; parts: readonly Part[] }) {
  const advice = [...(model.state?.value.advice ?? [])].reverse().filter(({ topic }) => parts.includes(partOf(topic)));
  if (advice.length === 0) return null;
  return (
    <div class="advice-cards" role="status">
      {advice.map((each) => {
        const tone = adviceTone(each.topic);
        return (
          <section key={`${each.t} ${each.topic}`} class={`card note ${tone}`}>
            <ToneMark tone={tone} />
            <div>
              <p>{each.words}</p>
              {each.source !== "" && <small>{each.source}</small>}
            </div>
          </section>
        );
      })}
    </div>
  );
}
