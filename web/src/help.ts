/** What `/help.json` says: the rules, cues and words that the page shows but doesn't know itself. */

import { list, shape, str } from "./wire";

const number = shape({ place: str, value: str });

const isHelp = shape({
  profile: str,
  profiles: list(shape({ name: str, about: str })),
  routines: list(shape({ name: str, title: str, about: str, source: str })),
  checklist: shape({
    title: str,
    intro: str,
    items: list(shape({ text: str, kind: str, source: str })),
    source: str,
  }),
  rules: list(
    shape({
      id: str,
      title: str,
      wants: str,
      numbers: list(number),
      source: str,
      how: str,
      built: str,
      where: str,
      cues: list(str),
    }),
  ),
  cues: list(
    shape({ name: str, words: str, when: str, numbers: list(number), source: str, how: str, rules: list(str) }),
  ),
  topics: list(shape({ title: str, text: str, source: str })),
  sources: list(shape({ id: str, where: str })),
  legend: str,
});
export type Help = typeof isHelp extends (value: unknown) => value is infer T ? T : never;
export type Rule = Help["rules"][number];
export type CueHelp = Help["cues"][number];
export type Numbers = Rule["numbers"];

/** What is known of it: null while it is being asked for; a sentence when it can't be had. */
export type HelpState = Help | string | null;

/** Ask the server. Never rejects: what went wrong is the answer, in words. */
export async function fetchHelp(): Promise<Help | string> {
  try {
    const answer = await fetch("/help.json", { cache: "no-store" });
    if (answer.status === 404) return "This Slowroll has no help to show: it is older than the page.";
    if (!answer.ok) return (await answer.text()) || `The server answered ${answer.status}.`;
    const said: unknown = await answer.json();
    return isHelp(said) ? said : "The help has a form that this page does not know. Reload the page.";
  } catch {
    return "The page's server does not answer.";
  }
}
