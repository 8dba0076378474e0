// What the last minutes would have been under other settings: a question that Tenfold simulates.
import { useState } from "preact/hooks";
import { Section } from "./tables.jsx";
import { count, span, time } from "./words.js";

const POLICIES = ["slo", "aca", "hpa", "knative", "per-request"];
const ROWS = [
  ["requests", (run) => count(run.requests)],
  ["answered", (run) => count(run.answered)],
  ["refused", (run) => count(run.rejected)],
  ["wait, p50", (run) => span(run.wait.p50_s)],
  ["wait, p95", (run) => span(run.wait.p95_s)],
  ["arrival to answer, p50", (run) => span(run.total.p50_s)],
  ["arrival to answer, p95", (run) => span(run.total.p95_s)],
  ["until all were answered", (run) => span(run.makespan_s)],
  ["replica-seconds", (run) => run.replica_seconds.toFixed(1)],
  ["replicas at most", (run) => count(run.most_replicas)],
];
const COLUMNS = [["was", "as it was"], ["simulated", "the same, simulated"], ["what_if", "as it would have been"]];

// The answer, or why there is none: a sentence.
async function ask(question, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  try {
    const answer = await fetch("what-if", { method: "POST", headers, body: JSON.stringify(question) });
    const told = await answer.json();
    return answer.ok ? { told } : { wrong: told.detail ?? `Tenfold answers ${answer.status}` };
  } catch {
    return { wrong: "Tenfold does not answer" };
  }
}

function Field({ name, label, model, ...input }) {
  return (
    <label>
      {label}
      <input type="number" name={name} placeholder={model} {...input} />
    </label>
  );
}

function Answer({ told }) {
  const { result, command } = told;
  return (
    <>
      <p>
        What arrived from {time(result.from_s)} on and had ended by {time(result.until_s)}.
      </p>
      <div class="scroll" role="region" aria-label="How it would have been" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" aria-label="what" />
              {COLUMNS.map(([, title]) => (
                <th scope="col" class="number">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([name, of]) => (
              <tr>
                <th scope="row">{name}</th>
                {COLUMNS.map(([key]) => (
                  <td class="number">{of(result[key])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {result.note && <p>{result.note}</p>}
      <p>
        The same in a terminal: <code>{command}</code>
      </p>
    </>
  );
}

export function WhatIf({ policy, min, max, token }) {
  const [answer, setAnswer] = useState(null);
  const [isAsking, setAsking] = useState(false);

  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const number = (name) => (fields.get(name) === "" ? null : Number(fields.get(name)));
    setAsking(true);
    setAnswer(await ask({
      minutes: number("minutes"),
      policy: fields.get("policy") || null,
      min_replicas: number("min"),
      max_replicas: number("max"),
      cores: number("cores"),
    }, token));
    setAsking(false);
  };

  return (
    <Section id="what-if" title="What if">
      <p>The same requests under other settings, simulated with the decisions that Tenfold would have made.</p>
      <form class="question" onSubmit={submit}>
        <Field name="minutes" label="the last minutes" min={1} max={10080} defaultValue={10} required />
        <label>
          policy
          <select name="policy">
            <option value="">{policy}, as it is</option>
            {POLICIES.filter((one) => one !== policy).map((one) => (
              <option value={one}>{one}</option>
            ))}
          </select>
        </label>
        <Field name="min" label="replicas at least" model={min} min={0} />
        <Field name="max" label="at most" model={max} min={1} />
        <Field name="cores" label="cores" model="as it is" min={0.25} step="any" />
        <button type="submit" disabled={isAsking}>{isAsking ? "Simulating" : "Ask"}</button>
      </form>
      <div role="status" aria-live="polite" aria-busy={isAsking}>
        {answer?.wrong && <p class="wrong">{answer.wrong}</p>}
        {answer?.told && <Answer told={answer.told} />}
      </div>
    </Section>
  );
}
