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
  async function pictures() {
    if (!("DecompressionStream" in window)) { byId("old").hidden = false; return; }
    const text = await unpacked("data");
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    await draw(text);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(text));
    let pause = 0;
    addEventListener("resize", () => { clearTimeout(pause); pause = setTimeout(() => draw(text), 150); });
    // Paper is light and narrow.
    addEventListener("beforeprint", () => { root.dataset.print = ""; draw(text); });
    addEventListener("afterprint", () => { delete root.dataset.print; draw(text); });
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
    heads.forEach((head, i) => head.firstChild.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((h) => h.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => {
        const [x, y] = [values.get(a)[i], values.get(b)[i]];
        if (x === null || y === null) return (x === null) - (y === null);  // what has no value comes last
        return up ? compare(x, y) : compare(y, x);
      };
      body.append(...rows.sort(order));
    }));
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
  }

  // A live page asks whether there is something new, and keeps place and filter when it reloads.
  function follow(now) {
    const kept = JSON.parse(sessionStorage.getItem("kept") || "null");
    if (kept && byId("filter")) { byId("filter").value = kept.filter; byId("filter").dispatchEvent(new Event("input")); }
    const ask = async () => {
      try {
        const answer = await fetch("fingerprint", { cache: "no-store" });
        if (answer.ok && (await answer.text()) !== now) {
          sessionStorage.setItem("kept", JSON.stringify({ filter: byId("filter")?.value ?? "" }));
          location.reload();
          return;
        }
        setTimeout(ask, 2000);
      } catch { document.querySelector(".live").classList.add("gone"); setTimeout(ask, 5000); }
    };
    setTimeout(ask, 2000);
  }

  if (byId("trainings")) table(byId("trainings"));
  if (document.body.dataset.live) follow(document.body.dataset.live);
  pictures().then(() => { root.dataset.drawn = "true"; }, (error) => { byId("old").hidden = false; throw error; });
})();
