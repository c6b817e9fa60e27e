"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // Pictures. Figures name colours by role, "@ink"; the style sheet says what they are now.
  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }
  const coloured = (text) => {
    const style = getComputedStyle(root);
    return JSON.parse(text.replace(/"@(\w+)"/g, (_, name) => JSON.stringify(style.getPropertyValue("--" + name).trim())));
  };
  const options = { displayModeBar: false, scrollZoom: false };
  function draw(text) {
    const font = getComputedStyle(document.body).fontFamily;
    return Promise.all(coloured(text).map((figure) => {
      const place = byId("plot-" + figure.name);
      if (!place) return null;
      const layout = { ...figure.layout, width: place.clientWidth, font: { ...figure.layout.font, family: font } };
      return Plotly.react(place, figure.data, layout, options);
    }));
  }
  let figures = "";  // as the file holds them
  async function redraw() {
    delete root.dataset.drawn;
    await draw(figures);
    root.dataset.drawn = "true";
  }
  async function pictures() {
    if (!("DecompressionStream" in window)) { byId("old").hidden = false; return; }
    figures = await unpacked("data");
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    await redraw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    let pause = 0;
    addEventListener("resize", () => { clearTimeout(pause); pause = setTimeout(redraw, 150); });
    // Paper is light and narrow, and nothing on it unfolds.
    const folded = () => [...document.querySelectorAll("details.fold:not([open])")];
    let opened = [];
    addEventListener("beforeprint", () => { root.dataset.print = ""; opened = folded(); opened.forEach((d) => { d.open = true; }); draw(figures); });
    addEventListener("afterprint", () => { delete root.dataset.print; opened.forEach((d) => { d.open = false; }); draw(figures); });
  }

  // The table. A filter is words that a row must hold, or a comparison: lr<0.01, state=paused.
  const cellValue = (cell) => {
    const text = cell.dataset.v ?? cell.textContent, number = Number(text);
    return text !== "" && !Number.isNaN(number) ? number : text === "–" ? null : text;
  };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  function table(place) {
    const body = place.tBodies[0], heads = [...place.tHead.rows[0].cells], rows = [...body.rows];
    const values = new Map(rows.map((row) => [row, [...row.cells].map(cellValue)]));
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const sort = (head, up) => {
      const i = heads.indexOf(head);
      heads.forEach((h) => h.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => {
        const [x, y] = [values.get(a)[i], values.get(b)[i]];
        if (x === null || y === null) return (x === null) - (y === null);  // what has no value comes last
        return up ? compare(x, y) : compare(y, x);
      };
      body.append(...rows.sort(order));
    };
    heads.forEach((head) => head.firstChild.addEventListener("click", () => sort(head, head.getAttribute("aria-sort") !== "ascending")));
    const tests = { "<": (a, b) => a < b, ">": (a, b) => a > b, "=": (a, b) => a === b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b };
    const condition = (word) => {
      const match = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
      const column = match ? heads.findIndex((h) => [h.dataset.name, h.textContent].some((n) => n.toLowerCase() === match[1])) : -1;
      if (column < 0) return (row) => texts.get(row).includes(word);
      const wanted = Number.isNaN(Number(match[3])) ? match[3] : Number(match[3]);
      return (row) => {
        const value = values.get(row)[column], found = typeof value === "string" ? value.toLowerCase() : value;
        return found !== null && typeof found === typeof wanted && tests[match[2]](found, wanted);
      };
    };
    const filter = () => {
      const conditions = byId("filter").value.toLowerCase().replace(/\s*([<>]=?|=)\s*/g, "$1").split(/[\s,]+/).filter(Boolean).map(condition);
      let shown = 0;
      for (const row of rows) { row.hidden = !conditions.every((holds) => holds(row)); shown += !row.hidden; }
      byId("shown").textContent = byId("shown").dataset.text.replace("##", rows.length).replace("#", shown);
    };
    byId("filter").addEventListener("input", filter);
    filter();
    return (name, up) => { const head = heads.find((h) => h.dataset.name === name); if (head) sort(head, up); };
  }

  // A live page asks whether there is something new, and takes it in where it stands: what the reader has scrolled to,
  // filtered, sorted and unfolded stays.
  const place = () => {
    const sorted = document.querySelector("#trainings th:not([aria-sort=none])");
    return {
      filter: byId("filter")?.value ?? "",
      focused: document.activeElement === byId("filter"),
      sort: sorted && [sorted.dataset.name, sorted.getAttribute("aria-sort") === "ascending"],
      open: [...document.querySelectorAll("details")].map((d) => d.open),
      at: [scrollX, scrollY],
      inner: document.querySelector(".tall")?.scrollTop ?? 0,
    };
  };
  async function renew(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html"), kept = place();
    document.title = fresh.title;
    document.body.dataset.live = fresh.body.dataset.live;
    byId("data").textContent = fresh.getElementById("data").textContent;
    document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
    document.querySelectorAll("details").forEach((d, i) => { d.open = kept.open[i] ?? false; });
    if (byId("filter")) { byId("filter").value = kept.filter; if (kept.focused) byId("filter").focus({ preventScroll: true }); }
    const sort = byId("trainings") && table(byId("trainings"));
    if (sort && kept.sort) sort(...kept.sort);
    scrollTo({ left: kept.at[0], top: kept.at[1], behavior: "instant" });
    if (document.querySelector(".tall")) document.querySelector(".tall").scrollTop = kept.inner;
    figures = await unpacked("data");
    await redraw();
  }
  function follow() {
    const ask = async () => {
      try {
        const answer = await fetch("fingerprint", { cache: "no-store" });
        document.querySelector(".live").classList.toggle("gone", !answer.ok);
        if (answer.ok && (await answer.text()) !== document.body.dataset.live) {
          const page = await fetch("/", { cache: "no-store" });
          if (page.ok) await renew(await page.text());
        }
      } catch { document.querySelector(".live").classList.add("gone"); }
      setTimeout(ask, 2000);
    };
    setTimeout(ask, 2000);
  }

  if (byId("trainings")) table(byId("trainings"));
  const drawn = pictures().catch((error) => { byId("old").hidden = false; throw error; });
  if (document.body.dataset.live) drawn.then(follow, follow);
})();
