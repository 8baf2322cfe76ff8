// Scatters: points on a canvas, and what the one under the pointer is.
const Points = (() => {
  const figures = [];
  const MARGIN = { left: 66, right: 12, top: 10, bottom: 42 };

  function nice(low, high, count) {
    // round numbers between two ends
    const rough = (high - low) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
    const ticks = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) ticks.push(value);
    return ticks;
  }

  function span(values) {
    let low = Math.min(0, ...values);
    let high = Math.max(0, ...values);
    if (low === high) [low, high] = [low - 1, high + 1];
    const slack = (high - low) * 0.04;
    return [low - slack, high + slack];
  }

  function brief(value, unit) {
    const per_cent = { style: "percent", maximumFractionDigits: 1 };
    if (unit === "percent") return new Intl.NumberFormat("en-US", per_cent).format(value || 0);
    return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 }).format(value || 0);
  }

  function draw(figure) {
    const { data, canvas, box } = figure.own;
    const width = box.clientWidth;
    const height = box.clientHeight;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    const [x, y] = [span(data.x), span(data.y)];
    const inner = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    const left = (value) => MARGIN.left + ((value - x[0]) / (x[1] - x[0])) * inner[0];
    const top = (value) => MARGIN.top + (1 - (value - y[0]) / (y[1] - y[0])) * inner[1];
    ctx.font = Charts.font();
    ctx.lineWidth = 1;
    ctx.fillStyle = Charts.colour("quiet");
    ctx.textAlign = "center";
    for (const value of nice(...x, width / 110)) {
      ctx.strokeStyle = Charts.colour(Math.abs(value) < 1e-9 ? "quiet" : "rule");
      line(ctx, left(value), MARGIN.top, left(value), height - MARGIN.bottom);
      ctx.fillText(brief(value, data.unit), left(value), height - MARGIN.bottom + 16);
    }
    ctx.textAlign = "right";
    for (const value of nice(...y, height / 55)) {
      ctx.strokeStyle = Charts.colour(Math.abs(value) < 1e-9 ? "quiet" : "rule");
      line(ctx, MARGIN.left, top(value), width - MARGIN.right, top(value));
      ctx.fillText(brief(value, data.unit), MARGIN.left - 6, top(value) + 4);
    }
    titles(ctx, data.titles, width, height);
    if (data.diagonal) {
      const ends = [Math.max(x[0], y[0]), Math.min(x[1], y[1])];
      ctx.strokeStyle = Charts.colour("quiet");
      line(ctx, left(ends[0]), top(ends[0]), left(ends[1]), top(ends[1]));
    }
    const colours = [Charts.colour("loss"), Charts.colour("gain")];
    ctx.globalAlpha = data.x.length > 600 ? 0.45 : 0.75;
    figure.own.places = data.x.map((value, row) => [left(value), top(data.y[row])]);
    figure.own.places.forEach(([a, b], row) => {
      ctx.fillStyle = colours[data.good[row]];
      ctx.beginPath();
      // losses are squares, so that no colour is needed to tell them
      if (data.good[row]) ctx.arc(a, b, 3, 0, 7);
      else ctx.rect(a - 2.6, b - 2.6, 5.2, 5.2);
      ctx.fill();
    });
    ctx.globalAlpha = 1;
  }

  function titles(ctx, [across, up], width, height) {
    ctx.fillStyle = Charts.colour("ink");
    ctx.textAlign = "center";
    ctx.fillText(across, (MARGIN.left + width) / 2, height - 6);
    ctx.save();
    ctx.translate(12, (height - MARGIN.bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText(up, 0, 0);
    ctx.restore();
  }

  function line(ctx, ...ends) {
    ctx.beginPath();
    ctx.moveTo(ends[0], ends[1]);
    ctx.lineTo(ends[2], ends[3]);
    ctx.stroke();
  }

  function near(figure, event) {
    const { places, data, tip, box } = figure.own;
    const bounds = box.getBoundingClientRect();
    const [a, b] = [event.clientX - bounds.left, event.clientY - bounds.top];
    let best = -1;
    let least = 18 ** 2;
    (places || []).forEach(([x, y], row) => {
      const far = (x - a) ** 2 + (y - b) ** 2;
      if (far < least) [best, least] = [row, far];
    });
    tip.hidden = best < 0;
    if (best < 0) return;
    const values = [data.x[best], data.y[best]].map((value) => Charts.written(value, data.unit));
    tip.textContent = data.diagonal
      ? `${values[1]}, ${values[0]} if normal`
      : `${data.labels[best]}: ${values[0]}, result ${values[1]}`;
    const right = places[best][0] > bounds.width / 2;
    tip.style.left = right ? "auto" : places[best][0] + 10 + "px";
    tip.style.right = right ? bounds.width - places[best][0] + 10 + "px" : "auto";
    tip.style.top = places[best][1] + 10 + "px";
  }

  let labels = []; // of the scatter before: two of the same trades have them once

  function start() {
    document.querySelectorAll("figure.scatter").forEach((figure) => {
      const box = figure.querySelector(".points");
      const data = JSON.parse(figure.querySelector("script.data").textContent);
      labels = data.labels ??= labels;
      figure.own = { data, box, canvas: box.querySelector("canvas"), tip: box.querySelector(".tip") };
      box.addEventListener("pointermove", (event) => near(figure, event));
      box.addEventListener("pointerleave", () => { figure.own.tip.hidden = true; });
      figures.push(figure);
      draw(figure);
    });
  }

  return { start, redraw: () => figures.forEach(draw) };
})();
