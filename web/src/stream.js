// Follows /events for as long as the page is open, through restarts of the service.
//
// By fetch and not by EventSource, which cannot send a token.

const PAUSE_MS = 500;
// While the service lives something comes every second.
const SILENCE_MS = 5000;

// Calls `told({event, data})` for each message, and `became(state)`: "live", "lost" or "locked", when a token is asked
// for. Returns a function that ends it.
export function follow(token, told, became) {
  let isOver = false;
  let control = new AbortController();

  async function once() {
    control = new AbortController();
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch("events", { headers, cache: "no-store", signal: control.signal });
    if (answer.status === 401) return "locked";
    if (!answer.ok) return "lost";
    became("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const silence = setTimeout(() => control.abort(), SILENCE_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return "lost";
      const messages = (rest + value).split("\n\n");
      rest = messages.pop();
      messages.map(parse).forEach(told);
    }
  }

  async function go() {
    while (!isOver) {
      const state = await once().catch(() => "lost");
      if (isOver) return;
      became(state);
      if (state === "locked") return;
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    }
  }

  go();
  return () => {
    isOver = true;
    control.abort();
  };
}

function parse(message) {
  const [event, data] = message.split("\n");
  return { event: event.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
}
