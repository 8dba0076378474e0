// Numbers as people read them.

export function span(seconds) {
  if (seconds < 0.0995) return `${(seconds * 1000).toPrecision(2)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 99.5) return `${seconds.toPrecision(3)} s`;
  return age(seconds);
}

export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 100) return `${whole} s`;
  if (whole < 6000) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} days`;
}

export function bytes(count) {
  if (count === 0) return "";
  const mebibytes = count / 2 ** 20;
  return mebibytes < 1000 ? `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

export const count = (number) => number.toLocaleString("en");

// "1 request", "2 requests".
export const counted = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

export const time = (unix) => new Date(unix * 1000).toLocaleTimeString("en-GB");
