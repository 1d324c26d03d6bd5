"use strict";
// Plots: zooming, and the values under the pointer or under a slider.

const make = (name, text = "", attributes = {}) => {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
const said = (value) => {
  const size = value ? Math.floor(Math.log10(Math.abs(value))) : 0;
  if (size < -4 || size > 14) return value.toPrecision(4);
  const digits = Math.max(0, 4 - size);
  return value.toLocaleString("en", { maximumFractionDigits: digits });
};

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.plot = figure.querySelector(".plot");
    this.svg = this.plot.querySelector("svg");
    this.axes = [".beside", ".below"].map((name) => figure.querySelector(name));
    this.drawn = this.axes.map((axis) => [...axis.children]);
    this.addTools();
    this.addPointer();
  }

  // Read when it is first asked for: a page may have many charts.
  get data() {
    this.read ??= JSON.parse(this.figure.querySelector("script").textContent);
    return this.read;
  }

  get view() {
    return this.seen ?? this.data.across;
  }

  addTools() {
    const name = this.figure.querySelector("strong").textContent;
    const tools = make("div", "", { class: "tools", role: "group", "aria-label": `${name}: values and zoom` });
    this.reader = make("input", "", { type: "range", min: 0, max: 1, value: 1, "aria-label": `${name}: read values` });
    this.reader.addEventListener("focus", () => this.tell(this.data.places[this.reader.value]));
    this.reader.addEventListener("input", () => this.tell(this.data.places[this.reader.value]));
    this.reader.addEventListener("blur", () => this.hide());
    const button = (sign, label, act) => {
      const made = make("button", sign, { type: "button", "aria-label": `${name}: ${label}`, title: label });
      made.addEventListener("click", act);
      return made;
    };
    this.whole = button("All", "show the whole", () => this.show(null));
    this.whole.disabled = true;
    tools.append(
      this.reader,
      button("+", "zoom in", () => this.scale(0.5)),
      button("\u2212", "zoom out", () => this.scale(2)),
      button("\u2190", "earlier", () => this.move(-0.25)),
      button("\u2192", "later", () => this.move(0.25)),
      this.whole,
    );
    this.figure.querySelector(".frame").after(tools);
    this.figure.addEventListener("pointerenter", () => this.prepare());
    tools.addEventListener("focusin", () => this.prepare());
  }

  prepare() {
    if (this.isReady) return;
    this.isReady = true;
    this.reader.max = this.data.places.length - 1;
    this.reader.value = this.reader.max;
  }

  addPointer() {
    this.cursor = make("div", "", { class: "cursor", hidden: "" });
    this.window = make("div", "", { class: "window", hidden: "" });
    this.told = make("div", "", { class: "told", hidden: "" });
    this.plot.append(this.window, this.cursor, this.told);
    const at = (event) => {
      const box = this.plot.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    };
    let begin = null;
    this.plot.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType === "mouse") begin = at(event);
    });
    this.plot.addEventListener("pointermove", (event) => {
      const share = at(event);
      this.tell(this.nearest(this.placeAt(share)));
      if (begin === null) return;
      event.preventDefault();
      this.window.hidden = Math.abs(share - begin) < 0.01;
      this.window.style.left = `${100 * Math.min(begin, share)}%`;
      this.window.style.width = `${100 * Math.abs(share - begin)}%`;
    });
    addEventListener("pointerup", (event) => {
      if (begin === null) return;
      const ends = [begin, at(event)].sort((a, b) => a - b).map((share) => this.placeAt(share));
      begin = null;
      if (!this.window.hidden) this.show(ends);
      this.window.hidden = true;
    });
    this.plot.addEventListener("pointerleave", () => this.hide());
    this.plot.addEventListener("dblclick", () => this.show(null));
  }

  placeAt(share) {
    const [first, last] = this.view;
    return first + share * (last - first);
  }

  nearest(place) {
    const places = this.data.places;
    let low = 0;
    let high = places.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle] < place) low = middle + 1;
      else high = middle;
    }
    return low > 0 && place - places[low - 1] < places[low] - place ? places[low - 1] : places[low];
  }

  valuesAt(place) {
    const found = [];
    const intervals = [];
    for (const layer of this.data.layers) {
      const level = /level-(\d+)/.exec(layer.style);
      if (level && document.getElementById(`show-${level[1]}`)?.checked === false) continue;
      const row = Array.isArray(layer.places) ? layer.places.indexOf(place) : place - layer.places;
      const value = layer.values[row];
      if (value === undefined || value === null) continue;
      const one = (number) => this.data.words[number] ?? said(number);
      if (layer.upper) intervals.push([layer.name, `${one(value)} to ${one(layer.upper[row])}`]);
      else found.push([layer.name, one(value)]);
    }
    return [...found, ...intervals];
  }

  tell(place) {
    const [first, last] = this.view;
    const share = (place - first) / (last - first);
    const row = this.data.places.indexOf(place);
    if (row < 0 || share < 0 || share > 1) return this.hide();
    const values = this.valuesAt(place);
    const label = this.data.labels[row];
    this.told.replaceChildren(make("b", label));
    for (const [name, text] of values) {
      const line = make("div");
      line.append(make("span", name), make("em", text));
      this.told.append(line);
    }
    this.cursor.hidden = this.told.hidden = false;
    this.cursor.style.left = `${100 * share}%`;
    this.told.style.left = share < 0.5 ? `calc(${100 * share}% + .7rem)` : "auto";
    this.told.style.right = share < 0.5 ? "auto" : `calc(${100 - 100 * share}% + .7rem)`;
    this.reader.value = row;
    this.reader.setAttribute("aria-valuetext", [label, ...values.map((pair) => pair.join(" "))].join(", "));
  }

  hide() {
    this.cursor.hidden = this.told.hidden = true;
  }

  scale(factor) {
    const [first, last] = this.view;
    const half = (factor * (last - first)) / 2;
    this.show([(first + last) / 2 - half, (first + last) / 2 + half]);
  }

  move(share) {
    const [first, last] = this.view;
    const by = share * (last - first);
    this.show([first + by, last + by]);
  }

  show(ends) {
    const [first, last] = this.data.across;
    if (ends) {
      const width = Math.min(Math.max(ends[1] - ends[0], 3), last - first);
      const begin = Math.min(Math.max(ends[0], first), last - width);
      this.seen = width < last - first ? [begin, begin + width] : null;
    } else this.seen = null;
    this.whole.disabled = !this.seen;
    this.hide();
    this.draw();
  }

  // Only the window onto the drawing moves; the drawing itself stays as Python made it.
  draw() {
    if (!this.seen) {
      this.svg.setAttribute("viewBox", "0 0 1000 1000");
      this.axes.forEach((axis, number) => axis.replaceChildren(...this.drawn[number]));
      return;
    }
    const [first, last] = this.seen;
    const [from, to] = this.data.across;
    const [low, high] = this.extent();
    const [bottom, top] = this.data.up;
    const x = (place) => (1000 * (place - from)) / (to - from);
    const y = (value) => (1000 * (top - value)) / (top - bottom);
    this.svg.setAttribute("viewBox", `${x(first)} ${y(high)} ${x(last) - x(first)} ${y(low) - y(high)}`);
    const ticks = this.data.ticks.map((level) => level.filter(([place]) => place >= first && place <= last));
    const few = ticks.filter((level) => level.length <= 10).pop() ?? ticks[0];
    this.write(this.axes[1], few, (place) => ["x", (place - first) / (last - first)]);
    this.write(this.axes[0], this.marks(low, high), (value) => ["y", (high - value) / (high - low), ["x", 1]]);
  }

  write(axis, ticks, place) {
    const texts = ticks.map(([value, label]) => {
      const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
      const [name, share, also] = place(value);
      text.setAttribute(name, `${100 * share}%`);
      if (also) text.setAttribute(also[0], `${100 * also[1]}%`);
      text.textContent = label;
      return text;
    });
    axis.replaceChildren(...texts);
  }

  extent() {
    const [first, last] = this.seen;
    let low = Infinity;
    let high = -Infinity;
    for (const layer of this.data.layers) {
      layer.values.forEach((value, row) => {
        const place = Array.isArray(layer.places) ? layer.places[row] : layer.places + row;
        if (value === null || place < first || place > last) return;
        low = Math.min(low, value);
        high = Math.max(high, layer.upper ? layer.upper[row] : value);
      });
    }
    const room = 0.06 * (high - low);
    return high > low ? [low - room, high + room] : this.data.up;
  }

  marks(low, high) {
    if (this.data.words.length) return this.data.words.map((word, number) => [number, word]);
    const least = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(least));
    const width = [1, 2, 5, 10].map((share) => share * power).find((step) => step >= least * 0.999);
    const found = [];
    for (let number = Math.ceil(low / width); number * width <= high; number += 1) {
      found.push([number * width, (number * width).toLocaleString("en", { maximumSignificantDigits: 7 })]);
    }
    return found;
  }
}
