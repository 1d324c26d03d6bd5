"use strict";
// Tables: sorting and filtering.

const FILTERED = 15; // rows from which on a table can be filtered

// Sorts and filters the rows of a table: those that it shows, or where it shows a part those that lie beside it.
class Rows {
  constructor(frame) {
    this.frame = frame;
    this.table = frame.querySelector("table");
    this.body = this.table.tBodies[0];
    const beside = frame.parentElement.querySelector("script");
    this.drawn = beside ? null : [...this.body.rows];
    this.most = this.body.rows.length;
    const columns = beside && JSON.parse(beside.textContent);
    this.texts = columns
      ? columns[0].map((_, row) => columns.map((column) => column[row]))
      : this.drawn.map((row) => [...row.cells].map((cell) => cell.textContent));
    this.order = this.texts.map((_, row) => row);
    this.wanted = "";
    this.headers = [...this.table.tHead.rows[0].cells];
    if (this.texts.length > 1) this.headers.forEach((header, column) => this.addSort(header, column));
    if (this.texts.length >= FILTERED) this.addFilter();
  }

  addSort(header, column) {
    const button = make("button", header.textContent, { type: "button", title: "sort" });
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of this.headers) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      const collator = new Intl.Collator("en", { numeric: true });
      const isText = header.classList.contains("text");
      const keys = this.texts.map((row) => (isText ? row[column] : Number(row[column])));
      const compare = isText ? collator.compare : (a, b) => a - b;
      const isLast = (key) => !isText && Number.isNaN(key); // what is not known is neither large nor small
      this.order.sort((a, b) => isLast(keys[a]) - isLast(keys[b]) || sign * compare(keys[a], keys[b]) || a - b);
      this.show();
    });
  }

  addFilter() {
    const label = make("label", "Filter ", { class: "filter" });
    const input = make("input", "", { type: "search", placeholder: "any word of a row" });
    this.count = make("span", "", { role: "status" });
    label.append(input, this.count);
    this.frame.before(label);
    input.addEventListener("input", () => {
      this.wanted = input.value.toLowerCase().trim();
      this.show();
    });
  }

  show() {
    const found = this.order.filter((row) => this.texts[row].join("\n").toLowerCase().includes(this.wanted));
    const shown = found.slice(0, this.most);
    this.body.replaceChildren(...shown.map((row) => (this.drawn ? this.drawn[row] : this.make(row))));
    if (this.count) this.count.textContent = this.wanted ? `${found.length} of ${this.texts.length} rows` : "";
  }

  make(number) {
    const row = make("tr");
    row.append(
      ...this.texts[number].map((text, column) => {
        const cell = make(column ? "td" : "th", text, column ? {} : { scope: "row" });
        cell.className = this.headers[column].className;
        return cell;
      }),
    );
    return row;
  }
}
