/** Every rule and cue: what it wants, its numbers, where they are from, and how it is known. All words are the server's. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { CueHelp, Help, Numbers, Rule } from "./help";
import type { Model } from "./model";
import { ChecklistItems } from "./notes";
import { cueTone, spoken } from "./words";

function NumberList({ numbers }: { numbers: Numbers }) {
  if (numbers.length === 0) return null;
  return (
    <table class="numbers">
      <tbody>
        {numbers.map(({ place, value }) => (
          <tr key={place}>
            <th scope="row">{place}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Entry({ id, title, tag, open, children }: {
  readonly id: string;
  readonly title: ComponentChildren;
  readonly tag: string;
  readonly open: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <details class="entry" id={id} open={open}>
      <summary>
        <span>{title}</span> <span class="tag">{tag}</span>
      </summary>
      {children}
    </details>
  );
}

function Links({ kind, names }: { kind: "rule" | "cue"; names: readonly string[] }) {
  return (
    <>
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 && ", "}
          <a href={`#help/${kind}-${name}`}>{kind === "cue" ? spoken(name) : name}</a>
        </span>
      ))}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <p class="fact">
      <b>{name}:</b> {children}
    </p>
  );
}

function RuleEntry({ rule, open }: { readonly rule: Rule; readonly open: boolean }) {
  return (
    <Entry
      id={`rule-${rule.id}`}
      open={open}
      tag={rule.how}
      title={
        <>
          <b>{rule.id}</b> {rule.title}
        </>
      }
    >
      <p>{rule.wants}</p>
      <NumberList numbers={rule.numbers} />
      <Fact name="How it is known">{rule.how}</Fact>
      <Fact name="Built">{rule.built}</Fact>
      {rule.where !== "" && <Fact name="Where">{rule.where}</Fact>}
      {rule.cues.length > 0 && (
        <Fact name="Cues">
          <Links kind="cue" names={rule.cues} />
        </Fact>
      )}
      <Fact name="Source">{rule.source}</Fact>
    </Entry>
  );
}

function CueEntry({ cue, open }: { readonly cue: CueHelp; readonly open: boolean }) {
  return (
    <Entry id={`cue-${cue.name}`} open={open} tag={cue.how} title={<b class={`of ${cueTone(cue.name)}`}>{cue.words}</b>}>
      <Fact name="When">{cue.when}</Fact>
      <NumberList numbers={cue.numbers} />
      {cue.rules.length > 0 && (
        <Fact name="Rules">
          <Links kind="rule" names={cue.rules} />
        </Fact>
      )}
      <Fact name="Source">{cue.source}</Fact>
    </Entry>
  );
}

interface SectionProps {
  readonly title: string;
  readonly open: boolean;
  readonly children: readonly ComponentChildren[];
}

function Section({ title, open, children }: SectionProps) {
  if (children.length === 0) return null;
  return (
    <section class="card">
      <details open={open}>
        <summary>
          {title} ({children.length})
        </summary>
        {children}
      </details>
    </section>
  );
}

/** `wanted` is the entry that a link named, such as "cue-slow_down". */
export function HelpView({ model, wanted }: { readonly model: Model; readonly wanted: string }) {
  const [query, setQuery] = useState("");
  const { help } = model;
  const ready = help !== null && typeof help !== "string";
  const all = query === "";
  useEffect(() => {
    if (wanted !== "") setQuery("");
  }, [wanted]);
  useEffect(() => {
    if (all && ready && wanted !== "") document.getElementById(wanted)?.scrollIntoView({ block: "center" });
  }, [wanted, ready, all]);
  // The page is drawn ten times a second while rolling; a long text that has not changed is not gone through.
  const shown = useMemo(
    () => ready && <Shown help={help} wanted={wanted} query={query} setQuery={setQuery} />,
    [ready, help, wanted, query],
  );
  if (!ready) {
    return (
      <section class="card">
        <h2>Help</h2>
        <p>{help ?? "The help is being fetched."}</p>
      </section>
    );
  }
  return shown;
}

interface ShownProps {
  readonly help: Help;
  readonly wanted: string;
  readonly query: string;
  readonly setQuery: (query: string) => void;
}

function Shown({ help, wanted, query, setQuery }: ShownProps) {
  const words = query.trim().toLowerCase();
  const fits = (entry: object) => words === "" || JSON.stringify(entry).toLowerCase().includes(words);
  const rules = help.rules.filter(fits);
  const cues = help.cues.filter(fits);
  const topics = help.topics.filter(fits);
  const nothing = rules.length + cues.length + topics.length === 0;
  return (
    <>
      <section class="card" id="help">
        <h2>Why Slowroll says what it says</h2>
        <p>
          Each rule with its numbers (profile <b>{help.profile}</b>), where they are from, and whether it is measured,
          said by you, only prompted, or not sensed at all.
        </p>
        <p class="hint">{help.legend}</p>
        <input
          class="find"
          type="search"
          aria-label="Find in the help"
          placeholder="Find: speed, calf, G4"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        {nothing && <p class="hint">Nothing here speaks of “{query}”.</p>}
      </section>
      {words === "" && (
        <section class="card" id="help-checklist">
          <details>
            <summary>{help.checklist.title}</summary>
            <ChecklistItems checklist={help.checklist} />
          </details>
        </section>
      )}
      <Section title="Good to know" open={words !== "" || wanted === ""}>
        {topics.map(({ title, text, source }) => (
          <Entry key={title} id={`topic-${title}`} title={<b>{title}</b>} tag="" open={false}>
            <p class="long">{text}</p>
            {source !== "" && <Fact name="Source">{source}</Fact>}
          </Entry>
        ))}
      </Section>
      <Section title="Rules" open={words !== "" || wanted.startsWith("rule-")}>
        {rules.map((rule) => (
          <RuleEntry key={rule.id} rule={rule} open={wanted === `rule-${rule.id}`} />
        ))}
      </Section>
      <Section title="Cues" open={words !== "" || wanted.startsWith("cue-")}>
        {cues.map((cue) => (
          <CueEntry key={cue.name} cue={cue} open={wanted === `cue-${cue.name}`} />
        ))}
      </Section>
      {words === "" && (
        <section class="card">
          <details>
            <summary>Sources</summary>
            <ul class="plain-list">
              {help.sources.map(({ id, where }) => (
                <li key={id}>
                  <b>{id}</b> {where}
                </li>
              ))}
            </ul>
          </details>
        </section>
      )}
    </>
  );
}
