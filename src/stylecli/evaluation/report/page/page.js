"use strict";

// Without this script the page is whole; with it pictures can be enlarged and tables sorted.
document.documentElement.classList.add("scripted");

(() => {
  const viewer = document.getElementById("viewer");
  const photos = new Map();
  let group = [];
  let at = 0;

  for (const image of document.querySelectorAll("img.zoom")) {
    if (image.dataset.photo && !photos.has(image.dataset.photo)) photos.set(image.dataset.photo, image);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "open";
    button.setAttribute("aria-label", `Enlarge ${image.alt}`);
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => open(image));
  }

  // Outputs are stepped through with their photo beside them: photos are no steps of their own.
  const picturesIn = (box, opened) =>
    [...box.querySelectorAll("img.zoom")].filter((image) => image === opened || !image.dataset.photo);

  function open(image) {
    group = picturesIn(image.closest("[data-group]"), image);
    at = group.indexOf(image);
    show();
    viewer.showModal();
  }

  function fill(figure, image, title, values) {
    figure.hidden = !image;
    figure.querySelector("img")?.remove();
    if (!image) return;
    const copy = document.createElement("img");
    copy.src = image.src;
    copy.alt = title;
    figure.prepend(copy);
    const heading = document.createElement("b");
    heading.textContent = title;
    figure.querySelector("figcaption").replaceChildren(heading, values ?? "");
  }

  function show() {
    const image = group[at];
    const photo = photos.get(image.dataset.beside);
    fill(viewer.querySelector(".photo"), photo, photo?.dataset.title);
    fill(viewer.querySelector(".output"), image, image.dataset.title, image.dataset.values);
    viewer.querySelector(".where").textContent = `${at + 1} of ${group.length}`;
    for (const name of ["before", "after"]) viewer.querySelector(`.${name}`).hidden = group.length < 2;
  }

  function step(by) {
    at = (at + by + group.length) % group.length;
    show();
  }

  function changeRow(by) {
    const here = group[at].closest("[data-group]");
    const rows = [...here.closest("section").querySelectorAll("[data-group]")];
    const next = rows[rows.indexOf(here) + by];
    if (!next) return;
    const image = group[at];
    const column = group.filter((one) => one === image || !one.dataset.photo).indexOf(image);
    const photo = image.dataset.photo && next.querySelector("img[data-photo]");
    const found = picturesIn(next, photo);
    if (!found.length) return;
    group = found;
    at = photo ? found.indexOf(photo) : Math.min(column, found.length - 1);
    show();
  }

  viewer.querySelector(".before").addEventListener("click", () => step(-1));
  viewer.querySelector(".after").addEventListener("click", () => step(1));
  viewer.querySelector(".close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => {
    if (!event.target.closest("figure, button")) viewer.close();
  });
  viewer.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      ArrowUp: () => changeRow(-1),
      ArrowDown: () => changeRow(1),
    };
    if (!moves[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moves[event.key]();
  });
  // Focus goes to the picture that was looked at last: where nothing was stepped, the one opened.
  viewer.addEventListener("close", () => group[at].closest("button").focus());
})();

(() => {
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
  };

  function sort(table, column, rising) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
    const numbers = rows.some(([key]) => typeof key === "number");
    rows.sort(([a], [b]) => {
      if (!numbers) return (rising ? 1 : -1) * a.localeCompare(b, undefined, { numeric: true });
      // What has no figure stands last either way.
      if (typeof a !== "number" || typeof b !== "number") return (typeof a !== "number") - (typeof b !== "number");
      return rising ? a - b : b - a;
    });
    body.append(...rows.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = 0;
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const number = heading.classList.contains("number");
        const before = heading.getAttribute("aria-sort");
        // Numbers start with the largest, words with A.
        const rising = before ? before === "descending" : !number;
        for (const other of headings) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
        sort(table, column, rising);
      });
    });
  }
})();

(() => {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const box of closed) box.open = true;
  });
  addEventListener("afterprint", () => {
    for (const box of closed) box.open = false;
  });
})();
