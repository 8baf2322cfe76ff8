"use strict";
// Charts over time: what stands in the data of a figure is drawn by uPlot; nothing is computed here but places on the
// screen. All charts share one range and one cursor.
const Charts = (() => {
  const DAY = 86400;
  const NUMBER = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
  const MANY = 8; // lines from which on only the one under the pointer is named

  const MANY_MARKS = 150; // from which on they are smaller

  const root = document.documentElement;
  const figures = [];
  let range = null; // [from, to] in seconds; null for all
  let moving = false; // a range that is handed on is not handed back

  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim() || "gray";
  const font = () => "12px system-ui, sans-serif";

  function dated(seconds, step) {
    const text = new Date(seconds * 1000).toISOString();
    return step % DAY === 0 ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
  }

  function written(value, unit) {
    if (value == null) return "–";
    if (unit === "percent") return (value * 100).toFixed(2) + "%";
    if (unit === "count") return WHOLE.format(value);
    if (unit === "money" && Math.abs(value) >= 1e5) return WHOLE.format(value);
    if (unit === "money" || unit === "ratio") return NUMBER.format(value);
    return Math.abs(value) >= 1000 ? NUMBER.format(value) : String(Number(value.toPrecision(6)));
  }

  function tick(value, unit, gap) {
    if (value == null) return "";
    if (unit === "percent") {
      const digits = gap >= 0.0099 ? 0 : gap >= 0.00099 ? 1 : 2;
      return (value * 100).toFixed(digits) + "%";
    }
    return Math.abs(value) >= 1e4 ? SHORT.format(value) : String(Number(value.toPrecision(6)));
  }

  function read(figure) {
    const data = JSON.parse(figure.querySelector("script.data").textContent);
    let at = 0;
    data.seconds = data.x.map((difference) => (at += difference) * data.step);
    return data;
  }

  function padded(u, low, high) {
    if (low == null) return [0, 1];
    const slack = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.06;
    const bottom = low >= 0 && low - slack < 0 ? 0 : low - slack;
    return [bottom, high <= 0 && high + slack > 0 ? 0 : high + slack];
  }

  function logged(u, low, high) {
    // the range itself, with a little room; not whole powers of ten, which leave most of the picture empty
    return low == null || low <= 0 ? [1, 10] : [low / 1.04, high * 1.04];
  }

  function logTicks(low, high) {
    // 1, 2 and 5 times powers of ten; of a short range, round steps
    const found = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
      for (const one of [1, 2, 5]) found.push(one * 10 ** power);
    }
    const inside = found.filter((value) => value >= low && value <= high);
    if (inside.length > 2) return inside;
    const rough = (high - low) / 5;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * unit).find((one) => one >= rough);
    const count = Math.floor(high / step) - Math.ceil(low / step) + 1;
    return Array.from({ length: count }, (_, row) => (Math.ceil(low / step) + row) * step);
  }

  function series(data) {
    return data.lines.map((line) => ({
      label: line.name,
      stroke: colour(line.colour),
      width: line.thin ? 1 : 1.75,
      alpha: line.thin ? 0.75 : 1,
      fill: line.fill ? colour(line.colour) + "33" : undefined,
      fillTo: line.fill ? () => 0 : undefined,
      points: { show: data.seconds.length < 2 },
      spanGaps: false,
    }));
  }

  function axes(data, narrow, log) {
    const common = { stroke: colour("quiet"), font: font(), grid: { stroke: colour("rule"), width: 1 } };
    const ticks = { show: false };
    return [
      { ...common, ticks, size: 44, space: (u, axis, low, high) => (!narrow ? 80 : high - low > 3 * 365 * DAY ? 42 : 60) }, // years are short
      {
        ...common,
        ticks,
        size: narrow ? 52 : 64,
        space: data.tall < 180 ? 30 : 42,
        ...(log ? { splits: (u, axis, low, high) => logTicks(low, high), filter: (u, splits) => splits } : {}),
        values: (u, splits, axis, space, gap) => splits.map((value) => tick(value, data.unit, gap)),
      },
    ];
  }

  function triangles(u, data) {
    const { ctx } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    for (const marks of data.marks) {
      ctx.fillStyle = colour(marks.colour);
      ctx.strokeStyle = colour("ground");
      marks.x.forEach((place, row) => {
        const x = u.valToPos(place * data.step, "x", true);
        const y = u.valToPos(marks.y[row], "y", true);
        const side = (marks.x.length > MANY_MARKS ? 3 : 5) * ratio;
        const way = marks.up ? side : -side;
        ctx.beginPath();
        ctx.moveTo(x, y + way * 0.3);
        ctx.lineTo(x - side, y + way * 1.9);
        ctx.lineTo(x + side, y + way * 1.9);
        ctx.closePath();
        ctx.fill();
        ctx.stroke();
      });
    }
    ctx.restore();
  }

  function named(line, text) {
    const item = document.createElement("span");
    const swatch = document.createElement("i");
    swatch.style.background = `var(--${line.colour})`;
    swatch.setAttribute("aria-hidden", "true");
    item.append(swatch, text);
    return item;
  }

  function tell(figure, place) {
    // what the lines are worth at the cursor; at their ends where there is none
    const { data, readout, plot } = figure.own;
    const parts = [];
    const last = data.seconds.length - 1;
    const at = place ?? last;
    if (last >= 0) parts.push(dated(data.seconds[at], data.step));
    let lines = data.lines.map((line, row) => [line, row]);
    if (lines.length >= MANY) {
      const near = plot && place != null ? plot.own.near : null;
      lines = lines.filter(([, row]) => row === 0 || row === near);
    }
    const shown = lines.map(([line]) => named(line, ` ${line.name} ${written(line.values[at], data.unit)}`));
    for (const marks of data.marks) if (place == null) shown.push(named(marks, ` ${marks.up ? "▲" : "▼"} ${marks.name}`));
    readout.replaceChildren(...parts, ...shown);
  }

  function build(figure) {
    const own = figure.own;
    const { data } = own;
    if (own.plot) own.plot.destroy();
    const width = own.box.clientWidth;
    if (!width) return;
    const narrow = width < 520;
    data.tall = own.box.clientHeight;
    const distr = own.log ? { distr: 3, log: 10, range: logged } : { range: padded };
    const ends = [data.seconds[0], data.seconds.at(-1)];
    const whole = ends[0] === ends[1] ? [ends[0] - data.step, ends[1] + data.step] : ends;
    const options = {
      width,
      height: data.tall,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      scales: { x: { time: true, range: (u, low, high) => (low == null ? whole : [low, high]) }, y: distr },
      axes: axes(data, narrow, own.log),
      series: [{}, ...series(data)],
      cursor: {
        sync: { key: "time", setSeries: false },
        drag: { x: true, y: false },
        points: { size: 7 },
        focus: { prox: data.lines.length >= MANY ? 1e6 : -1 },
        bind: { dblclick: () => () => show(null) },
      },
      focus: { alpha: data.lines.length >= MANY ? 0.25 : 1 },
      hooks: {
        setCursor: [(u) => own.plot && tell(figure, u.cursor.idx)],
        setSeries: [(u, row) => { u.own.near = row == null ? null : row - 1; }],
        setScale: [(u, key) => { if (key === "x" && !moving && own.plot) show([u.scales.x.min, u.scales.x.max]); }],
        draw: data.marks.length ? [(u) => triangles(u, data)] : [],
      },
    };
    own.plot = null;
    const plot = new uPlot(options, [data.seconds, ...data.lines.map((line) => line.values)], own.box);
    plot.own = { near: null };
    own.plot = plot;
    place(figure);
    tell(figure, null);
  }

  function place(figure) {
    // the common range, as far as the chart has it
    const { plot, data } = figure.own;
    if (!plot || data.seconds.length < 2) return;
    const ends = [data.seconds[0], data.seconds.at(-1)];
    const wanted = range && range[0] < ends[1] && range[1] > ends[0] ? range : ends;
    moving = true;
    plot.batch(() => plot.setScale("x", { min: wanted[0], max: wanted[1] }));
    moving = false;
  }

  function show(wanted) {
    range = wanted;
    for (const figure of figures) place(figure);
    document.dispatchEvent(new CustomEvent("rangechange", { detail: range }));
  }

  function move(figure, step) {
    const { plot, data } = figure.own;
    const now = plot.cursor.idx ?? (step > 0 ? -1 : data.seconds.length);
    const at = Math.max(0, Math.min(data.seconds.length - 1, now + step));
    const left = plot.valToPos(data.seconds[at], "x");
    const top = plot.valToPos(data.lines[0].values[at] ?? plot.scales.y.max, "y");
    plot.setCursor({ left, top });
    figure.own.readout.setAttribute("aria-live", "polite");
  }

  function zoom(figure, factor) {
    const { scales, cursor, data } = { ...figure.own.plot, data: figure.own.data, scales: figure.own.plot.scales };
    const { min, max } = scales.x;
    const middle = cursor.idx == null ? (min + max) / 2 : data.seconds[cursor.idx];
    const half = ((max - min) * factor) / 2;
    const ends = [data.seconds[0], data.seconds.at(-1)];
    const next = [Math.max(ends[0], middle - half), Math.min(ends[1], middle + half)];
    if (next[1] - next[0] > 2 * data.step) show(next[0] === ends[0] && next[1] === ends[1] ? null : next);
  }

  function key(figure, event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 };
    if (!figure.own.plot || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) move(figure, steps[event.key] * (event.shiftKey ? 20 : 1));
    else if (event.key === "+" || event.key === "=") zoom(figure, 0.5);
    else if (event.key === "-") zoom(figure, 2);
    else if (event.key === "Escape") show(null);
    else return;
    event.preventDefault();
  }

  function prepare(figure) {
    const box = figure.querySelector(".plot");
    const readout = document.createElement("div");
    readout.className = "readout";
    const own = { data: read(figure), box, readout, plot: null, log: false };
    figure.own = own;
    const head = document.createElement("div");
    head.className = "over";
    head.append(readout);
    if (own.data.log) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Log scale";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        own.log = !own.log;
        button.setAttribute("aria-pressed", String(own.log));
        build(figure);
      });
      head.append(button);
    }
    box.before(head);
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-roledescription", "chart");
    box.setAttribute("aria-labelledby", `${figure.id}-title`);
    box.setAttribute("aria-describedby", `${figure.id}-about keys`);
    box.addEventListener("keydown", (event) => key(figure, event));
    figures.push(figure);
  }

  function start() {
    document.querySelectorAll("figure.chart").forEach(prepare);
    const seen = new IntersectionObserver(
      (entries) => entries.forEach((entry) => {
        if (entry.isIntersecting && !entry.target.own.plot) build(entry.target);
      }),
      { rootMargin: "800px" },
    );
    figures.forEach((figure) => seen.observe(figure));
  }

  function redraw(all = false) {
    figures.forEach((figure) => { if (all || figure.own.plot) build(figure); });
  }

  function ends() {
    const known = figures.map((figure) => figure.own.data.seconds).filter((seconds) => seconds.length);
    if (!known.length) return null;
    return [Math.min(...known.map((one) => one[0])), Math.max(...known.map((one) => one.at(-1)))];
  }

  return { start, redraw, show, ends, colour, written, font };
})();
