// The page around the charts: range, theme, tables that are sorted and filtered, printing.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const tools = document.querySelector(".tools");

  function element(name, attributes = {}, ...content) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  function button(text, act) {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", act);
    return made;
  }

  function redraw(all) {
    Charts.redraw(all);
    Points.redraw();
  }

  // range ---------------------------------------------------------------------------------------------------------
  function ranges() {
    const ends = Charts.ends();
    if (!ends) return;
    const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
    const fields = ["From", "To"].map((label) => {
      const input = element("input", { type: "date", min: day(ends[0]), max: day(ends[1]) });
      input.addEventListener("change", () => {
        const [from, to] = fields.map(([, one]) => Date.parse(one.value + "T00:00:00Z") / 1000);
        if (from < to) Charts.show([from, to]);
      });
      return [label, input];
    });
    const back = (years) => {
      const from = new Date(ends[1] * 1000);
      from.setUTCFullYear(from.getUTCFullYear() - years);
      return Math.max(ends[0], from / 1000);
    };
    tools.append(button("All", () => Charts.show(null)));
    for (const years of [1, 3, 5]) {
      if (ends[1] - ends[0] > years * 366 * 86400) {
        tools.append(button(years + (years > 1 ? " years" : " year"), () => Charts.show([back(years), ends[1]])));
      }
    }
    for (const [label, input] of fields) tools.append(element("label", {}, label + " ", input));
    const tell = (range) => fields.forEach(([, input], place) => { input.value = day((range || ends)[place]); });
    document.addEventListener("rangechange", (event) => tell(event.detail));
    tell(null);
  }

  // theme ---------------------------------------------------------------------------------------------------------
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function theme() {
    const toggle = button("", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      name();
      redraw();
    });
    const name = () => { toggle.textContent = isDark() ? "Light theme" : "Dark theme"; };
    toggle.className = "theme";
    name();
    system.addEventListener("change", () => { name(); redraw(); });
    tools.append(toggle);
  }

  // tables --------------------------------------------------------------------------------------------------------
  function keyed(row, place) {
    const cell = row.cells[place];
    const text = cell.dataset.key ?? cell.textContent;
    const number = Number(text.replaceAll(",", ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  }

  function compare(a, b) {
    if (a === "" || b === "") return (a === "") - (b === ""); // what is not there stands last, whichever way
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  }

  function sorting(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, place) => {
      const sort = button("", () => {
        const down = head.getAttribute("aria-sort") === "descending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "ascending" : "descending");
        const way = down ? 1 : -1;
        const rows = [...body.rows].map((row) => [keyed(row, place), row]);
        rows.sort(([a], [b]) => (a === "" || b === "" ? compare(a, b) : way * compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
      sort.append(...head.childNodes);
      head.append(sort);
    });
  }

  function filtering(table) {
    if (table.tBodies[0].rows.length < 12) return;
    const input = element("input", { type: "search", placeholder: "filter" });
    const title = document.getElementById(table.getAttribute("aria-labelledby"));
    input.setAttribute("aria-label", `Filter: ${title.textContent}`);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(input);
  }

  function tables() {
    document.querySelectorAll("table.wide").forEach((table) => {
      if (!table.tHead) return;
      sorting(table);
      filtering(table);
    });
  }

  // paper ---------------------------------------------------------------------------------------------------------
  function printing() {
    let before;
    let opened = [];
    addEventListener("beforeprint", () => {
      before = root.dataset.theme;
      root.dataset.theme = "light";
      root.classList.add("paper");
      redraw(true);
    });
    addEventListener("afterprint", () => {
      if (before === undefined) delete root.dataset.theme;
      else root.dataset.theme = before;
      root.classList.remove("paper");
      redraw();
    });
  }

  const keys = "Arrow keys move the cursor, with shift by twenty; plus and minus zoom; escape shows all.";
  document.querySelector("main").append(element("p", { id: "keys", class: "unseen" }, keys));
  Charts.start();
  Points.start();
  ranges();
  theme();
  tools.hidden = false;
  tables();
  printing();
  let width = root.clientWidth;
  let waiting;
  addEventListener("resize", () => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    clearTimeout(waiting);
    waiting = setTimeout(redraw, 120);
  });
  root.dataset.ready = "yes";
})();
