"use strict";
// Sorts, filters, searches and pages through the mappings. Text goes in as text only; nothing is ever parsed as HTML.
{
  const PAGE = 100, MOST_PRINTED = 2000, LONG = 160, CUT = 120;
  const [ROLE, ROWS, CODE, TITLE, GROUP, TIER, METHOD, REASON, MISSING, ORIGIN, RUNNERS] = Array(11).keys();
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const { texts, rows } = data;
  const ranks = rows.map((_, place) => place); // as given: riskiest first
  const body = document.querySelector("#table tbody");
  const count = (number) => number.toLocaleString("en-US");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  const ORDERS = {
    risk: { names: ["Surest first", "Riskiest first"], by: (a, b) => b - a },
    rows: { names: ["Fewest rows", "Most rows"], by: (a, b) => rows[a][ROWS] - rows[b][ROWS] },
    role: { names: ["Role A–Z", "Role Z–A"], by: (a, b) => compare(rows[a][ROLE], rows[b][ROLE]) },
    title: { names: ["Occupation A–Z", "Occupation Z–A"], by: (a, b) => compare(texts[rows[a][TITLE]], texts[rows[b][TITLE]]) },
    method: { names: ["How A–Z", "How Z–A"], by: (a, b) => compare(texts[rows[a][METHOD]], texts[rows[b][METHOD]]) },
  };
  const state = { key: "risk", down: true, page: 0, found: ranks };
  const sorted = {};
  let haystack = null;

  const element = (name, content, attributes = {}) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...[content].flat());
    return made;
  };
  const bdi = (text) => element("bdi", text);
  const titleText = (text) => {
    if (text.length <= LONG) return bdi(text);
    const summary = element("summary", bdi(text.slice(0, CUT) + "…"));
    return element("details", [summary, bdi(text)], { class: "long" });
  };
  const cell = (label, content, kind = "") => element("td", content, { role: "cell", "data-label": label, class: kind });

  function occupation(row) {
    if (!texts[row[CODE]]) return [element("em", "No occupation")];
    return [texts[row[TITLE]] + " ", element("code", texts[row[CODE]]), " ", element("small", texts[row[GROUP]])];
  }

  function why(row, opened) {
    const parts = [element("p", texts[row[REASON]], { dir: "auto" })];
    if (texts[row[MISSING]]) parts.push(element("p", [element("b", "Would settle it:"), " ", bdi(texts[row[MISSING]])]));
    const runners = [];
    for (let at = 0; at < row[RUNNERS].length; at += 2) {
      runners.push(element("li", [texts[row[RUNNERS][at + 1]] + " ", element("code", texts[row[RUNNERS][at]])]));
    }
    const more = [element("summary", runners.length ? "Runners-up and origin" : "Origin")];
    if (runners.length) more.push(element("ul", runners));
    more.push(...row[ORIGIN].map((line) => element("p", bdi(texts[line]))));
    return [...parts, element("details", more, opened ? { open: "" } : {})];
  }

  function line(row, opened) {
    const tier = texts[row[TIER]];
    return element("tr", [
      element("th", titleText(row[ROLE]), { role: "rowheader", scope: "row" }),
      cell("Rows", count(row[ROWS]), "count"),
      cell("Occupation", occupation(row)),
      cell("Confidence", element("span", tier, { class: "tier " + tier })),
      cell("How", texts[row[METHOD]]),
      cell("Why", why(row, opened), "why"),
    ], { role: "row" });
  }

  function show(from = state.page * PAGE, most = PAGE, opened = false) {
    const shown = state.found.slice(from, from + most);
    body.replaceChildren(...shown.map((place) => line(rows[place], opened)));
    const pages = Math.max(1, Math.ceil(state.found.length / PAGE));
    byId("page").textContent = `Page ${count(state.page + 1)} of ${count(pages)}`;
    for (const button of document.querySelectorAll("#pages button")) {
      const back = ["first", "previous"].includes(button.dataset.step);
      button.disabled = back ? state.page === 0 : state.page >= pages - 1;
    }
    const some = shown.length < state.found.length ? `, ${count(from + 1)} to ${count(from + shown.length)} shown` : "";
    const stood = state.found.reduce((sum, place) => sum + rows[place][ROWS], 0);
    const found = state.found.length < rows.length ? `${count(state.found.length)} of ${count(rows.length)}` : count(rows.length);
    byId("status").textContent = `${found} roles, ${count(stood)} rows${some}`;
  }

  function order() {
    const name = state.key + state.down;
    if (!sorted[name]) {
      const { by } = ORDERS[state.key];
      sorted[name] = state.key === "risk" && state.down ? ranks
        : [...ranks].sort((a, b) => (state.down ? by(b, a) : by(a, b)) || a - b);
    }
    return sorted[name];
  }

  function find() {
    const words = plain(byId("search").value).split(/\s+/).filter(Boolean);
    const tier = byId("tier").value, method = byId("method").value;
    if (words.length && !haystack) {
      haystack = rows.map((row) => plain(`${row[ROLE]} ${texts[row[CODE]]} ${texts[row[TITLE]]} ${texts[row[GROUP]]}`));
    }
    state.found = order().filter((place) => {
      const row = rows[place];
      return (!tier || texts[row[TIER]] === tier) && (!method || texts[row[METHOD]] === method)
        && words.every((word) => haystack[place].includes(word));
    });
    state.page = 0;
    show();
  }

  function sortBy(key, down) {
    Object.assign(state, { key, down });
    for (const head of document.querySelectorAll("#table th[data-key]")) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    byId("sort").value = `${key} ${down}`;
    find();
  }

  function turn(step) {
    const last = Math.max(0, Math.ceil(state.found.length / PAGE) - 1);
    state.page = { first: 0, previous: state.page - 1, next: state.page + 1, last }[step];
    show();
    byId("mappings-title").scrollIntoView();
  }

  for (const tier of data.tiers) byId("tier").append(element("option", tier));
  for (const method of data.methods) byId("method").append(element("option", method));
  for (const [key, { names }] of Object.entries(ORDERS)) {
    for (const down of [true, false]) byId("sort").append(element("option", names[Number(down)], { value: `${key} ${down}` }));
  }
  for (const head of document.querySelectorAll("#table th[data-key]")) {
    const button = element("button", head.textContent, { type: "button" });
    const { key } = head.dataset;
    // The first press gives what is looked for first: most rows, riskiest, A to Z.
    button.addEventListener("click", () => sortBy(key, key === state.key ? !state.down : ["risk", "rows"].includes(key)));
    head.replaceChildren(button);
  }
  let waiting = 0;
  byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 120); });
  byId("tier").addEventListener("change", find);
  byId("method").addEventListener("change", find);
  byId("sort").addEventListener("change", (event) => {
    const [key, down] = event.target.value.split(" ");
    sortBy(key, down === "true");
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("controls").addEventListener("reset", () => setTimeout(() => sortBy("risk", true)));
  for (const button of document.querySelectorAll("#pages button")) button.addEventListener("click", () => turn(button.dataset.step));
  addEventListener("beforeprint", () => show(0, MOST_PRINTED, true));
  addEventListener("afterprint", () => show());
  byId("controls").hidden = false;
  byId("pages").hidden = rows.length <= PAGE;
  sortBy("risk", true);
}
