"use strict";
(function () {
  // Everything shown is data of others: it reaches the page as text nodes and attributes alone, never as markup.
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const marks = data.runs.map(() => []);
  const best = new Set(data.best);

  function make(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function element(name, parent, text) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  }
  function spelled(value) {
    if (value === null) return "–";
    return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
  }
  function label(run) {
    return run.name + " " + run.short;
  }
  function isNumeric(column) {
    return column.values.some((each) => typeof each === "number") &&
      column.values.every((each) => each === null || typeof each === "number");
  }
  // From a column's values to 0..1: numbers by size, others by the order in which they sort.
  function scale(column) {
    if (isNumeric(column)) {
      const numbers = column.values.filter((each) => each !== null);
      const low = Math.min(...numbers), high = Math.max(...numbers);
      return { low: spelled(low), high: spelled(high), at: (value) => (high > low ? (value - low) / (high - low) : 0.5) };
    }
    const known = [...new Set(column.values.filter((each) => each !== null).map(String))].sort();
    const last = known.length - 1;
    return { low: known[0] || "", high: known[last] || "", at: (value) => (last > 0 ? known.indexOf(String(value)) / last : 0.5) };
  }
  function light(number, isOn) {
    for (const each of marks[number]) {
      each.classList.toggle("on", isOn);
      if (isOn && each.namespaceURI === SVG) each.parentNode.appendChild(each);
    }
    document.getElementById("shown").textContent = isOn ? label(data.runs[number]) : "";
  }
  function mark(made, number) {
    if (best.has(number)) made.classList.add("best");
    made.appendChild(make("title", {}, label(data.runs[number])));
    made.addEventListener("pointerenter", () => light(number, true));
    made.addEventListener("pointerleave", () => light(number, false));
    marks[number].push(made);
    return made;
  }
  function forget(host) {
    for (const list of marks) {
      for (let at = list.length - 1; at >= 0; at -= 1) if (host.contains(list[at])) list.splice(at, 1);
    }
    host.replaceChildren();
  }
  function drawing(host, width, height, what) {
    forget(host);
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": what });
    if (data.runs.length <= 30) svg.classList.add("few");
    host.appendChild(svg);
    return svg;
  }
  function cut(text, most) {
    return text.length > most ? text.slice(0, most - 1) + "…" : text;
  }

  function parallel() {
    const shown = data.columns.filter((column) => column.values.some((each) => each !== null)).slice(0, data.axes);
    const host = document.getElementById("parallel");
    if (shown.length < 2) return element("p", host, "Fewer than two things tell these runs apart.");
    const width = Math.max(640, 120 * shown.length), height = 320, top = 44, bottom = 290;
    const svg = drawing(host, width, height, `${data.runs.length} runs as lines over ${shown.length} axes; the table below has the same numbers.`);
    svg.style.minWidth = `${width * 0.8}px`;
    const step = (width - 120) / (shown.length - 1);
    const scales = shown.map(scale);
    shown.forEach((column, place) => {
      const x = 60 + place * step;
      svg.appendChild(make("line", { class: "axis", x1: x, x2: x, y1: top, y2: bottom }));
      svg.appendChild(make("text", { x: x, y: 16, "text-anchor": "middle" }, cut(column.label, 17)));
      svg.appendChild(make("text", { x: x, y: 34, "text-anchor": "middle" }, cut(scales[place].high, 15)));
      svg.appendChild(make("text", { x: x, y: 308, "text-anchor": "middle" }, cut(scales[place].low, 15)));
    });
    const order = [...data.runs.keys()].sort((one, other) => best.has(one) - best.has(other));
    for (const number of order) {
      let path = "", isDown = false;
      shown.forEach((column, place) => {
        const value = column.values[number];
        if (value === null) { isDown = false; return; }
        const y = bottom - scales[place].at(value) * (bottom - top);
        path += `${isDown ? "L" : "M"}${(60 + place * step).toFixed(1)} ${y.toFixed(1)}`;
        isDown = true;
      });
      if (path) svg.appendChild(mark(make("path", { class: "run", d: path }), number));
    }
  }

  function frame(svg, x, y, labels) {
    svg.appendChild(make("line", { class: "axis", x1: 70, x2: 70, y1: 20, y2: 290 }));
    svg.appendChild(make("line", { class: "axis", x1: 70, x2: 620, y1: 290, y2: 290 }));
    svg.appendChild(make("text", { x: 70, y: 12 }, cut(labels[1], 40)));
    svg.appendChild(make("text", { x: 620, y: 325, "text-anchor": "end" }, cut(labels[0], 40)));
    svg.appendChild(make("text", { x: 70, y: 307 }, cut(x.low, 18)));
    svg.appendChild(make("text", { x: 620, y: 307, "text-anchor": "end" }, cut(x.high, 18)));
    svg.appendChild(make("text", { x: 64, y: 290, "text-anchor": "end" }, cut(y.low, 9)));
    svg.appendChild(make("text", { x: 64, y: 30, "text-anchor": "end" }, cut(y.high, 9)));
  }
  function scatter() {
    const one = data.columns[document.getElementById("x").value], other = data.columns[document.getElementById("y").value];
    const svg = drawing(document.getElementById("scatter"), 640, 332, `${other.label} over ${one.label}, a dot a run.`);
    const x = scale(one), y = scale(other);
    frame(svg, x, y, [one.label, other.label]);
    data.runs.forEach((run, number) => {
      if (one.values[number] === null || other.values[number] === null) return;
      const place = { class: "dot", r: best.has(number) ? 6 : 4, cx: 70 + 550 * x.at(one.values[number]), cy: 290 - 270 * y.at(other.values[number]) };
      svg.appendChild(mark(make("circle", place), number));
    });
  }
  function curves() {
    const found = data.curves[document.getElementById("curve").value];
    const svg = drawing(document.getElementById("curves"), 640, 332, `${found.label} by step, a line a run.`);
    const points = found.courses.flat();
    const x = scale({ values: points.map((each) => each[0]) }), y = scale({ values: points.map((each) => each[1]) });
    frame(svg, x, y, ["step", found.label]);
    found.courses.forEach((course, number) => {
      if (!course.length) return;
      const path = course.map((each, place) => `${place ? "L" : "M"}${(70 + 550 * x.at(each[0])).toFixed(1)} ${(290 - 270 * y.at(each[1])).toFixed(1)}`);
      svg.appendChild(mark(make("path", { class: "run", d: path.join("") }), number));
    });
  }

  function choose(id, list, chosen, changed) {
    const select = document.getElementById(id);
    list.forEach((each, place) => {
      const option = element("option", select, each.label);
      option.value = place;
      option.selected = place === chosen;
    });
    select.addEventListener("change", changed);
  }

  const rows = [];
  function table() {
    const host = element("table", document.getElementById("table"));
    element("caption", host, `${data.runs.length} runs; a heading sorts by its column.`);
    const head = element("tr", element("thead", host));
    const body = element("tbody", host);
    const columns = [{ label: "run", values: data.runs.map(label) }, ...data.columns];
    columns.forEach((column) => {
      const cell = element("th", head);
      cell.scope = "col";
      const button = element("button", cell, column.label);
      button.type = "button";
      button.addEventListener("click", () => sort(column, cell, head, body));
    });
    data.runs.forEach((run, number) => {
      const row = element("tr", body);
      row.tabIndex = 0;
      columns.forEach((column, place) => {
        const cell = element(place ? "td" : "th", row, spelled(column.values[number]));
        if (!place) cell.scope = "row";
        if ((column.best || []).includes(number)) {
          cell.classList.add("best");
          cell.setAttribute("aria-label", `${spelled(column.values[number])}, the best`);
        }
      });
      for (const event of ["focus", "pointerenter"]) row.addEventListener(event, () => light(number, true));
      for (const event of ["blur", "pointerleave"]) row.addEventListener(event, () => light(number, false));
      row.addEventListener("keydown", (event) => {
        const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
        if (next) { next.focus(); event.preventDefault(); }
      });
      marks[number].push(row);
      rows.push(row);
    });
  }
  // What a run does not have stays last, whichever way.
  function sort(column, cell, head, body) {
    const isDown = cell.getAttribute("aria-sort") === "ascending";
    for (const each of head.children) each.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    const order = [...rows.keys()].sort((one, other) => {
      const a = column.values[one], b = column.values[other];
      if (a === null || b === null) return (a === null) - (b === null);
      const way = typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : Number(String(a) > String(b));
      return isDown ? -way : way;
    });
    body.append(...order.map((number) => rows[number]));
  }

  parallel();
  if (data.columns.length > 1) {
    choose("x", data.columns, data.x, scatter);
    choose("y", data.columns, data.y, scatter);
    scatter();
  } else document.getElementById("scatters").hidden = true;
  if (data.curves.length) {
    choose("curve", data.curves, 0, curves);
    curves();
  } else document.getElementById("courses").hidden = true;
  table();
})();
