// A chart of the last minutes that scrolls with the service's clock.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

const HEIGHT = 170;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(width, series) {
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const clock = (_, times) => times.map((t) => new Date(t * 1000).toLocaleTimeString("en-GB").replace(/:00$/, ""));
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { live: true },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.05, 1)] } },
    axes: [
      { ...axis, values: clock, space: 70, size: 28 },
      { ...axis, size: 44, space: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000] },
    ],
    series: [
      { label: "time", value: (_, t) => (t == null ? "now" : new Date(t * 1000).toLocaleTimeString("en-GB")) },
      ...series.map((one) => ({
        label: one.label,
        stroke: color(one.color),
        fill: one.isFilled ? color(one.color) + "40" : undefined,
        width: one.isThin ? 1 : 2,
        dash: one.dash,
        paths: uPlot.paths.stepped({ align: 1 }),
        points: { show: false },
        value: (_, value) => (value == null ? "–" : value.toLocaleString("en")),
      })),
    ],
  };
}

// `columns` are the times and then the values of each of `series`; those of the last `minutes` are shown. `summary` is
// what the chart says to who does not see it.
export function Chart({ title, series, columns, minutes, summary }) {
  const place = useRef(null);
  const plot = useRef(null);

  useEffect(() => {
    const draw = () => {
      const data = plot.current?.data ?? columns;
      plot.current?.destroy();
      plot.current = new uPlot(options(place.current.clientWidth, series), data, place.current);
    };
    draw();
    const theme = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("change", draw);
    const resized = new ResizeObserver(() => plot.current.setSize({ width: place.current.clientWidth, height: HEIGHT }));
    resized.observe(place.current);
    return () => {
      theme.removeEventListener("change", draw);
      resized.disconnect();
      plot.current.destroy();
    };
  }, []);

  useEffect(() => {
    const last = columns[0].at(-1);
    plot.current.batch(() => {
      plot.current.setData(columns, false);
      plot.current.setScale("x", { min: last - minutes * 60, max: last });
    });
  }, [columns, minutes]);

  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}
