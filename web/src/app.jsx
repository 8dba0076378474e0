// The live page.
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chart } from "./chart.jsx";
import { afterMessage, clockOf, ratesOf } from "./model.js";
import { follow } from "./stream.js";
import { Decisions, Failures, Figures, Replicas, Section } from "./tables.jsx";
import { WhatIf } from "./whatif.jsx";
import { age, counted } from "./words.js";

const REQUESTS = [
  { label: "waiting", color: "--waiting", isFilled: true },
  { label: "slots taken", color: "--running" },
  { label: "answers a second", color: "--answered", isThin: true },
  { label: "failures a second", color: "--failed", dash: [3, 2] },
];
const REPLICAS = [
  { label: "desired", color: "--quiet", dash: [6, 4] },
  { label: "ready", color: "--running", isFilled: true },
  { label: "starting", color: "--starting" },
];
// Places in a second: [time, waiting, running, desired, starting, ready, arrived, answered, failed].
const OF_REQUESTS = [0, 1, 2, 7, 8];
const OF_REPLICAS = [0, 3, 5, 4];
const MINUTES = [1, 3, 10];

const columnsOf = (seconds, places) => places.map((place) => seconds.map((second) => second[place]));

function Charts({ model }) {
  const [minutes, setMinutes] = useState(3);
  const requests = useMemo(() => columnsOf(model.seconds, OF_REQUESTS), [model.seconds]);
  const replicas = useMemo(() => columnsOf(model.seconds, OF_REPLICAS), [model.seconds]);
  const { now } = model;
  return (
    <Section id="chart" title="The last minutes">
      <div class="choice" role="group" aria-label="How much is shown">
        {MINUTES.map((n) => (
          <button type="button" aria-pressed={n === minutes} onClick={() => setMinutes(n)}>
            {n} min
          </button>
        ))}
      </div>
      <Chart
        title="Requests"
        series={REQUESTS}
        columns={requests}
        minutes={minutes}
        summary={`${now.waiting} waiting, ${now.running} running`}
      />
      <Chart
        title="Replicas"
        series={REPLICAS}
        columns={replicas}
        minutes={minutes}
        summary={`${now.desired} desired, ${now.ready} ready, ${now.starting} starting`}
      />
    </Section>
  );
}

const STATES = { live: "live", lost: "no answer, asking again", locked: "a token is asked for", new: "asking" };

function Token({ given }) {
  const submit = (event) => {
    event.preventDefault();
    given(event.target.elements.token.value.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <label for="token">The token of --admin-token-file</label>
      <input id="token" name="token" type="password" autocomplete="off" required />
      <button type="submit">Show</button>
    </form>
  );
}

function Header({ model, state }) {
  const says = state === "live" && model?.now.ending ? "shutting down" : STATES[state];
  return (
    <header>
      <h1>{model ? model.app : "Tenfold"}</h1>
      {model && (
        <p>
          policy {model.policy}, {model.min_replicas} to {model.max_replicas} replicas, up for{" "}
          {age(clockOf(model) - model.began_s)}, {counted(model.requests, "request")}
        </p>
      )}
      <p role="status" class={`link ${state}`}>
        {says}
      </p>
    </header>
  );
}

function App() {
  const [token, setToken] = useState(() => sessionStorage.getItem("token") ?? "");
  const [state, setState] = useState("new");
  const [model, setModel] = useState(null);

  useEffect(
    () => follow(token, (message) => setModel((before) => afterMessage(before, message)), setState),
    [token],
  );
  useEffect(() => {
    document.title = model ? `${model.app}: ${model.now.waiting} waiting, ${model.now.ready} ready` : "Tenfold";
  }, [model?.app, model?.now.waiting, model?.now.ready]);

  const give = (text) => {
    sessionStorage.setItem("token", text);
    setToken(text);
  };
  return (
    <>
      <Header model={model} state={state} />
      <main class={state === "live" ? "" : "stale"}>
        {state === "locked" && <Token given={give} />}
        {model && (
          <>
            <Figures model={model} rates={ratesOf(model)} />
            <Charts model={model} />
            <div class="columns">
              <Decisions decisions={model.decisions} />
              <Failures failures={model.failures} total={model.failed} />
            </div>
            <Replicas replicas={model.replicas} />
            <WhatIf policy={model.policy} min={model.min_replicas} max={model.max_replicas} token={token} />
          </>
        )}
      </main>
      <footer>
        Tenfold {model?.version} · the same as JSON at <a href="status">/status</a>, for Prometheus at{" "}
        <a href="metrics">/metrics</a>
      </footer>
    </>
  );
}

render(<App />, document.getElementById("app"));
