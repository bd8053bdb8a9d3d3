"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => [...within.querySelectorAll(selector)];

  const isDark = () => (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = document.createElement("button");
  theme.type = "button";
  theme.className = "theme";
  const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours"); };
  theme.addEventListener("click", () => { root.style.colorScheme = isDark() ? "light" : "dark"; name(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
  document.querySelector(".page header").append(theme);

  for (const outline of find(".outline")) arrange(outline);

  function arrange(outline) {
    const tools = outline.querySelector(".tools");
    const [search, said] = [tools.querySelector("input"), tools.querySelector("output")];
    const list = outline.querySelector(":scope > ul");
    const isList = outline.classList.contains("flat");
    const homes = find("ul", outline).map((ul) => [ul, [...ul.children]]);
    const items = find("li:not(.about)", outline);
    const leaves = items.filter((item) => item.matches(".leaf, .rest"));
    const branches = find("details", outline).filter((each) => each.querySelector(":scope > ul"));
    const texts = new Map(items.map((item) => [item, text(item.querySelector(".row"))]));
    const parents = new Map(items.map((item) => [item, item.parentElement.closest("li")]));
    const order = { column: -1, isDescending: true };
    let opened = null; // which were open before the search

    // Search in names with their paths, and in words, without headers: what matches, all inside it, and the way to it

    function text(row) {
      const [name, ...cells] = row.children;
      const words = cells.filter((cell) => !cell.className).flatMap((cell) => [...cell.childNodes].slice(1));
      return [name, ...words].map((node) => node.textContent).join(" ").toLowerCase();
    }

    function filter() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length && !opened) opened = new Set(branches.filter((each) => each.open));
      const hits = new Set(items.filter((item) => words.every((word) => texts.get(item).includes(word))));
      const ways = new Set(), within = new Set();
      for (const item of hits) for (let each = parents.get(item); each && !ways.has(each); each = parents.get(each)) ways.add(each);
      for (const item of items) if (hits.has(item) || within.has(parents.get(item))) within.add(item);
      const isFlat = outline.classList.contains("flat");
      for (const item of items) item.hidden = isFlat ? !hits.has(item) : !within.has(item) && !ways.has(item);
      if (words.length) for (const each of branches) each.open = ways.has(each.parentElement);
      else if (opened) { for (const each of branches) each.open = opened.has(each); opened = null; }
      const counted = isFlat ? leaves : items.filter((item) => !item.matches(".rest, .group"));
      const found = counted.filter((item) => hits.has(item)).length;
      say(words.length ? `${found} of ${counted.length}` : "");
    }

    // Order: leaf calls in one list, the largest first, then the smallest, then the tree again

    const heads = find(".head > span", outline);
    const buttons = heads.map((head, column) => head.matches("[data-sort]") ? button(head, column) : null);

    function button(head, column) {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = head.textContent;
      made.setAttribute("aria-label", `Sort by ${head.textContent}`);
      made.setAttribute("aria-pressed", "false");
      head.replaceChildren(made);
      made.addEventListener("click", () => {
        if (order.column !== column) sort(column, true);
        else if (order.isDescending) sort(column, false);
        else sort(-1, true);
      });
      return made;
    }

    function sort(column, isDescending) {
      Object.assign(order, { column, isDescending });
      const isSorted = column >= 0;
      outline.classList.toggle("flat", isList || isSorted);
      for (const [ul, children] of homes) ul.append(...children);
      if (isSorted) {
        const sign = isDescending ? -1 : 1;
        const value = (item) => item.querySelector(".row").children[column].dataset.value;
        const known = leaves.filter((item) => value(item)).sort((a, b) => sign * (value(a) - value(b)));
        list.replaceChildren(...known, ...leaves.filter((item) => !value(item)));
      } else list.replaceChildren(...homes[0][1]);
      buttons.forEach((each, at) => {
        if (!each) return;
        const mark = at !== column ? "" : isDescending ? " \u25be" : " \u25b4";
        each.textContent = each.textContent.replace(/ [\u25b4\u25be]$/, "") + mark;
        each.setAttribute("aria-pressed", String(at === column));
      });
      for (const each of [all, none]) each.hidden = isList || isSorted;
      unsorted.hidden = !isSorted;
      filter();
      if (isSorted && !search.value) say(`leaf calls, ${isDescending ? "largest" : "smallest"} first`);
    }

    function say(text) { said.textContent = text; }

    // What leads here from the drawing is shown, whatever is searched for or sorted

    for (const link of find(".graph a[href]")) {
      link.addEventListener("click", () => {
        const item = items.find((each) => `#${each.querySelector(".row").id}` === link.getAttribute("href"));
        if (!item) return;
        if (!item.isConnected || item.closest("[hidden]")) {
          search.value = "";
          sort(-1, true);
        }
        for (let each = parents.get(item); each; each = parents.get(each)) each.querySelector("details").open = true;
      });
    }

    // Tools and keys

    const [all, none, unsorted] = ["all", "none", "order"].map((each) => tools.querySelector(`.${each}`));
    all.addEventListener("click", () => { for (const each of branches) each.open = true; });
    none.addEventListener("click", () => { for (const each of branches) each.open = false; });
    unsorted.addEventListener("click", () => { sort(-1, true); search.focus(); });
    search.addEventListener("input", filter);
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      search.value = "";
      filter();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      search.focus();
    });
    list.addEventListener("keydown", (event) => {
      const at = event.target.closest("summary");
      if (!at || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const shown = () => find("summary", list).filter((each) => each.checkVisibility());
      const details = at.parentElement;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) shown()[shown().indexOf(at) + step]?.focus();
      else if (event.key === "ArrowRight") details.open = true;
      else if (event.key !== "ArrowLeft") return;
      else if (details.open) details.open = false;
      else details.parentElement.closest("details")?.querySelector("summary").focus();
      event.preventDefault();
    });

    all.hidden = none.hidden = isList;
    unsorted.hidden = true;
    tools.hidden = false;
  }
})();
