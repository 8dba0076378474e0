// What the page knows: a snapshot, and the changes that came after it.

const RECENT = 100;
const SECONDS = 600;

export function afterMessage(model, { event, data }) {
  return event === "snapshot" ? fromSnapshot(data) : afterChange(model, data);
}

function fromSnapshot(data) {
  return {
    ...data,
    seconds: data.seconds,
    replicas: new Map(data.replicas.map((replica) => [replica.replica, replica])),
    decisions: data.decisions.reverse(),
    failures: data.failures.reverse(),
  };
}

// A row that did not change stays the same object, so that nothing is drawn again for it.
function afterChange(model, change) {
  const replicas = change.replicas.length || change.gone.length ? new Map(model.replicas) : model.replicas;
  for (const replica of change.replicas) replicas.set(replica.replica, replica);
  for (const id of change.gone) replicas.delete(id);
  return {
    ...model,
    now: change.now,
    requests: change.requests,
    failed: change.failed,
    minute: change.minute,
    seconds: withNew(model.seconds, change.seconds),
    replicas,
    decisions: newestFirst(model.decisions, change.decisions),
    failures: newestFirst(model.failures, change.failures),
  };
}

// The new ones begin with the second that was under way when it was told last.
function withNew(seconds, fresh) {
  if (!fresh.length) return seconds;
  const known = seconds.findLastIndex((second) => second[0] < fresh[0][0]);
  return [...seconds.slice(0, known + 1), ...fresh].slice(-SECONDS);
}

function newestFirst(known, fresh) {
  const last = known.length ? known[0].number : 0;
  const added = fresh.filter((one) => one.number > last).reverse();
  return added.length ? [...added, ...known].slice(0, RECENT) : known;
}

// The service's clock, in seconds since 1970.
export const clockOf = (model) => model.seconds.at(-1)[0];

// Of the last whole second.
export function ratesOf(model) {
  const second = model.seconds.at(-2);
  return second ? { arrived: second[6], answered: second[7] } : { arrived: 0, answered: 0 };
}
