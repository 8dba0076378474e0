// What stands below the chart: replicas, decisions, failures.
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import { age, bytes, count, span, time } from "./words.js";

const SHOWN = 50;

// Of a long list the first rows, and all on demand.
function useRows(all) {
  const [isWhole, showAll] = useState(false);
  const rows = isWhole ? all : all.slice(0, SHOWN);
  const more =
    all.length > rows.length ? (
      <button type="button" onClick={() => showAll(true)}>
        Show all {count(all.length)}
      </button>
    ) : null;
  return [rows, more];
}

export function Section({ id, title, children }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function Table({ label, columns, children }) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(([name, kind]) => (
              <th scope="col" class={kind}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const Replica = memo(function Replica({ replica, started }) {
  const cores = replica.cpu_cores;
  return (
    <tr>
      <th scope="row">{replica.replica}</th>
      <td>
        <span class={`state ${replica.state.replace(" ", "-")}`}>{replica.state}</span>
      </td>
      <td class="number">{replica.running}</td>
      <td class="number">{count(replica.answered)}</td>
      <td class="number">
        {cores.toFixed(2)} <meter min={0} max={1} value={Math.min(cores, 1)} aria-hidden="true" />
      </td>
      <td class="number">{bytes(replica.rss_bytes)}</td>
      <td class="number wide">{replica.pid || ""}</td>
      <td class="number">{started}</td>
    </tr>
  );
});

export function Replicas({ replicas }) {
  const [rows, more] = useRows([...replicas.values()]);
  return (
    <Section id="replicas" title={`Replicas: ${count(replicas.size)}`}>
      {replicas.size === 0 ? (
        <p>There is none.</p>
      ) : (
        <Table
          label="Replicas"
          columns={[["replica"], ["state"], ["slots taken", "number"], ["answered", "number"], ["CPUs", "number"],
            ["memory", "number"], ["process", "number wide"], ["since", "number"]]}
        >
          {rows.map((replica) => (
            <Replica key={replica.replica} replica={replica} started={time(replica.started_ms / 1000)} />
          ))}
        </Table>
      )}
      {more}
    </Section>
  );
}

export const Decisions = memo(function Decisions({ decisions }) {
  const [rows, more] = useRows(decisions);
  return (
    <Section id="decisions" title="Decisions">
      {rows.length === 0 && <p>There was none.</p>}
      <ol class="decisions" role="list">
        {rows.map((decision) => (
          <li key={decision.number}>
            <time dateTime={new Date(decision.at_s * 1000).toISOString()}>{time(decision.at_s)}</time>
            <span class={decision.starts ? "change more" : decision.drains ? "change less" : "change"}>
              {decision.starts ? `+${decision.starts}` : decision.drains ? `−${decision.drains}` : "="}
            </span>
            <span>{decision.sentence}</span>
          </li>
        ))}
      </ol>
      {more}
    </Section>
  );
});

export const Failures = memo(function Failures({ failures, total }) {
  const [rows, more] = useRows(failures);
  return (
    <Section id="failures" title={`Failures: ${count(total)}`}>
      {rows.length === 0 ? (
        <p>No request got a 4xx or 5xx.</p>
      ) : (
        <Table
          label="Failures"
          columns={[["time"], ["status"], ["by"], ["replica", "number"], ["waited", "number"], ["ran", "number"],
            ["request", "number"]]}
        >
          {rows.map((failure) => (
            <tr key={failure.number}>
              <td>{time(failure.at_s)}</td>
              <th scope="row">{failure.status}</th>
              <td>{failure.reason ? `Tenfold: ${failure.reason}` : "the program"}</td>
              <td class="number">{failure.replica || ""}</td>
              <td class="number">{span(failure.waited_s)}</td>
              <td class="number">{failure.replica ? span(failure.ran_s) : ""}</td>
              <td class="number">{failure.request}</td>
            </tr>
          ))}
        </Table>
      )}
      {more}
    </Section>
  );
});

// The figures at the top.
export function Figures({ model, rates }) {
  const { now, minute } = model;
  const wait = minute.wait.count ? `${span(minute.wait.p50_s)} / ${span(minute.wait.p95_s)} / ${span(minute.wait.p99_s)}` : "–";
  const total = minute.total.count
    ? `${span(minute.total.p50_s)} / ${span(minute.total.p95_s)} / ${span(minute.total.p99_s)}`
    : "–";
  const figures = [
    ["Waiting", count(now.waiting), now.waiting ? `the oldest for ${age(now.queue_age_s)}` : "nobody"],
    ["Slots taken", count(now.running), `of ${count(now.ready * now.slots)}`],
    ["Replicas ready", count(now.ready), `${count(now.desired)} desired, ${count(now.starting)} starting`],
    ["Answers a second", count(rates.answered), `${count(rates.arrived)} arrive`],
    ["Wait", wait, "p50 / p95 / p99 of the last minute"],
    ["Arrival to answer", total, "p50 / p95 / p99 of the last minute"],
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value, more]) => (
        <div class={value.includes("/") || value === "–" ? "long" : ""}>
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong>
            <small>{more}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
