"use strict";

(() => {
  const setup = JSON.parse(document.getElementById("setup").textContent);
  const part = (selector) => document.querySelector(selector);
  const [hello, ask, thanks, trouble, large] =
    ["#hello", "#ask", "#thanks", "#trouble", "#large"].map(part);
  const LEAST_SHOWN = 150;
  const LARGEST = 2.5;
  const CHOICES = [["left", "A", "←"], ["tie", "No difference", "↓ or space"], ["right", "B", "→"]];
  const VERDICTS = [["real", "By the artist", "←"], ["fake", "By a machine", "→"]];
  const KEYS = {
    choice: { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", " ": "tie" },
    real: { ArrowLeft: "real", ArrowRight: "fake" },
    score: Object.fromEntries([..."1234567890"].map((key) => [key, Number(key) || 10])),
  };

  // Answers on the server, or in this browser for a page without one: both keep them in the same way.
  const onServer = {
    source: (leaf) => `picture/${leaf}`,
    async send(path, given) {
      const posted = given && {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(given),
      };
      let response;
      try {
        response = await fetch(path, posted);
      } catch {
        throw new Error("stylecli has ended. What you answered so far is kept: go on when it has been started again, at the address that it prints.");
      }
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return JSON.parse(text);
    },
    begin(rater) {
      return this.send(`question?rater=${encodeURIComponent(rater)}`);
    },
    answer(rater, question, answer, seconds) {
      return this.send("answer", { rater, question: question.id, answer, seconds });
    },
    undo(rater) {
      return this.send("undo", { rater });
    },
    recall: () => new URLSearchParams(location.search).get("rater") ?? "",
    remember(rater) {
      const query = rater ? `?rater=${encodeURIComponent(rater)}` : "";
      history.replaceState(null, "", `${location.pathname}${query}`);
    },
  };

  const inBrowser = {
    unkept: {},
    source: (leaf) => setup.pictures[leaf],
    place: (rater) => `stylecli ratings ${setup.page} ${rater.toLowerCase()}`,
    // What the browser refused to keep is newer than what it keeps.
    lines(rater) {
      const place = this.place(rater);
      if (place in this.unkept) return this.unkept[place];
      try {
        return JSON.parse(localStorage.getItem(place)) ?? [];
      } catch {
        return [];
      }
    },
    add(rater, line) {
      const given = { schema: "stylecli-rating/1", rater, at: new Date().toISOString(), ...line };
      const place = this.place(rater);
      const lines = [...this.lines(rater), given];
      try {
        localStorage.setItem(place, JSON.stringify(lines));
        delete this.unkept[place];
      } catch {
        this.unkept[place] = lines;
        complain("This browser keeps nothing for this page. Save your answers before you close it.");
      }
    },
    answered(rater) {
      const answered = new Set();
      for (const line of this.lines(rater)) {
        answered.delete(line.question);
        if (line.kind !== "withdraw") answered.add(line.question);
      }
      return [...answered];
    },
    begin(name) {
      const rater = name.trim().replace(/\s+/g, " ").normalize();
      if (!rater) throw new Error("A name has at least one letter.");
      const answered = this.answered(rater);
      const rest = setup.questions.filter((question) => !answered.includes(question.id));
      return {
        rater: this.lines(rater)[0]?.rater ?? rater,
        done: setup.total - rest.length,
        total: setup.total,
        question: rest[0] ?? null,
        ahead: [],
      };
    },
    answer(rater, question, answer, seconds) {
      const said = { choice: "chosen", score: "score", real: "said" }[question.kind];
      const { id, kind, sealed } = question;
      if (!this.answered(rater).includes(id)) {
        this.add(rater, { kind, question: id, [said]: answer, seconds, sealed });
      }
      return this.begin(rater);
    },
    undo(rater) {
      const last = this.answered(rater).at(-1);
      if (last) this.add(rater, { kind: "withdraw", question: last });
      return this.begin(rater);
    },
    recall() {
      try {
        return localStorage.getItem(`stylecli rater ${setup.page}`) ?? "";
      } catch {
        return "";
      }
    },
    remember(rater) {
      try {
        localStorage.setItem(`stylecli rater ${setup.page}`, rater);
      } catch {
        // Then the name is asked for again.
      }
    },
  };

  const keeper = setup.questions ? inBrowser : onServer;
  let rater = "";
  let state = null;
  let since = null;
  let busy = false;
  let failed = null;

  function complain(text) {
    trouble.querySelector("p").textContent = text;
    trouble.hidden = false;
  }

  async function go(work, shown = Promise.resolve()) {
    if (busy) return;
    busy = true;
    trouble.hidden = true;
    try {
      const next = await work();
      await shown;
      state = next;
      rater = state.rater;
      keeper.remember(rater);
      busy = false;
      show();
    } catch (problem) {
      busy = false;
      for (const chosen of document.querySelectorAll(".chosen")) chosen.classList.remove("chosen");
      complain(problem.message);
    }
  }

  function stand(section) {
    for (const each of [hello, ask, thanks]) each.hidden = each !== section;
  }

  function greet() {
    stand(hello);
    const minutes = Math.max(1, Math.round(setup.total / 8));
    const questions = setup.total === 1 ? "one question" : `${setup.total} questions`;
    part(".much").textContent = `${questions}, about ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`.replace(/^o/, "O");
    part("#name").focus();
  }

  function show() {
    for (const undo of document.querySelectorAll(".undo")) undo.hidden = !state.done;
    for (const other of document.querySelectorAll(".other")) other.textContent = `Not ${rater}?`;
    for (const save of document.querySelectorAll(".save")) save.hidden = keeper !== inBrowser || !state.done;
    if (state.question) return pose(state.question);
    stand(thanks);
    const heading = thanks.querySelector("h1");
    heading.textContent = `Thank you, ${rater}.`;
    const kept = state.total === 1 ? "Your answer is kept" : `All ${state.total} answers are kept`;
    const where = inBrowser.place(rater) in inBrowser.unkept ? "until this page is closed" : "in this browser";
    thanks.querySelector(".lead").textContent =
      keeper === inBrowser
        ? `${kept} ${where}. Save them now, and send the file to whoever asked you.`
        : `${kept}. You can close this page.`;
    heading.focus();
  }

  function pose(question) {
    stand(ask);
    part(".progress").textContent = `${state.done + 1} of ${state.total}`;
    part(".track div").style.width = `${(100 * state.done) / state.total}%`;
    const words = part(".words");
    words.textContent = question.words;
    part(".beside").replaceChildren(...beside(question));
    const pictures = question.pictures.map((leaf, at) => judged(question, leaf, at));
    part(".pictures").replaceChildren(...pictures);
    // One under the other where both are wide: they are larger so on a phone.
    const wide = question.pictures.every((leaf) => leaf.width >= leaf.height);
    part(".pictures").classList.toggle("under", question.pictures.length > 1 && wide);
    part(".answers").className = `answers ${question.kind}s`;
    part(".answers").replaceChildren(...answers(question));
    fit();
    words.focus({ preventScroll: true });
    scrollTo(0, 0);
    wait(question, pictures);
  }

  // Nobody answers before there is something to see.
  async function wait(question, pictures) {
    since = null;
    ask.classList.add("waiting");
    try {
      await Promise.all(pictures.map((each) => each.querySelector("img").decode()));
    } catch {
      if (state.question !== question) return;
      if (failed === question.id) return complain("A picture cannot be shown.");
      failed = question.id;
      return go(() => keeper.begin(rater));
    }
    if (state.question !== question) return;
    ask.classList.remove("waiting");
    since = performance.now();
    for (const leaf of state.ahead) new Image().src = keeper.source(leaf);
  }

  function made(name, kind, ...children) {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    if (name === "button") element.type = "button";
    element.append(...children);
    return element;
  }

  function image(leaf, alt) {
    const element = made("img");
    element.src = keeper.source(leaf.id);
    element.alt = alt;
    // Its room is there before it is.
    element.width = leaf.width;
    element.height = leaf.height;
    element.draggable = false;
    return element;
  }

  function beside(question) {
    const figure = (kind, leaves, caption, alt) => {
      const row = made("div", "row", ...leaves.map((leaf) => enlargeable(leaf, alt)));
      return made("figure", kind, row, made("figcaption", "", caption));
    };
    const found = [];
    if (question.photo) found.push(figure("photo", [question.photo], "The photo", "The photo"));
    if (question.references.length) {
      found.push(figure("style", question.references, "The style", "A picture in the style"));
    }
    return found;
  }

  function enlargeable(leaf, alt) {
    const button = made("button", "", image(leaf, alt));
    button.setAttribute("aria-label", `Enlarge: ${alt.toLowerCase()}`);
    button.firstChild.addEventListener("error", () => button.remove());
    button.addEventListener("click", () => {
      large.querySelector("img")?.remove();
      large.prepend(image(leaf, alt));
      large.showModal();
    });
    return button;
  }

  function judged(question, leaf, at) {
    const [value, label] = question.kind === "choice" ? CHOICES[2 * at] : [];
    const box = made(value ? "button" : "div", "picture", image(leaf, label ? `Picture ${label}` : "The picture"));
    box.style.setProperty("--shape", leaf.width / leaf.height);
    if (value) {
      box.dataset.value = value;
      box.append(made("span", "letter", label));
      // The buttons below say the same; the keyboard need not pass both.
      box.tabIndex = -1;
      box.addEventListener("click", () => choose(value));
    }
    return box;
  }

  function keyShown(text) {
    const key = made("kbd", "", text);
    key.setAttribute("aria-hidden", "true");
    return key;
  }

  function answers(question) {
    const button = ([value, label, key]) => {
      const element = made("button", "", String(label));
      if (key) element.append(" ", keyShown(key));
      element.dataset.value = value;
      element.addEventListener("click", () => choose(value));
      return element;
    };
    if (question.kind === "choice") return CHOICES.map(button);
    if (question.kind === "real") return VERDICTS.map(button);
    const numbers = Array.from({ length: 10 }, (_, at) => button([at + 1, at + 1, ""]));
    const ends = made("p", "ends", made("span", "", "poor"), keyShown("keys 1 to 9, and 0 for 10"), made("span", "", "excellent"));
    return [...numbers, ends];
  }

  function choose(value) {
    if (busy || since === null) return;
    const seconds = Math.round((performance.now() - since) / 100) / 10;
    const { question } = state;
    for (const each of ask.querySelectorAll("[data-value]")) {
      each.classList.toggle("chosen", each.dataset.value === String(value));
    }
    const shown = new Promise((done) => setTimeout(done, LEAST_SHOWN));
    go(async () => keeper.answer(rater, question, value, seconds), shown);
  }

  function undo() {
    if (state?.done) go(async () => keeper.undo(rater));
  }

  // How much height is left for the pictures once all else has its own.
  function fit() {
    if (ask.hidden) return;
    const box = part(".pictures");
    const style = getComputedStyle(document.querySelector("main"));
    const edges = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const left = innerHeight - edges - (ask.offsetHeight - box.offsetHeight);
    const rows = getComputedStyle(box).flexDirection === "column" ? box.children.length : 1;
    const gaps = (rows - 1) * parseFloat(getComputedStyle(box).rowGap);
    const most = LARGEST * Math.max(...state.question.pictures.map((leaf) => leaf.height));
    box.style.setProperty("--room", `${Math.min(most, Math.max(150, (left - gaps) / rows))}px`);
  }

  function save() {
    const text = `[\n${inBrowser.lines(rater).map((line) => JSON.stringify(line)).join(",\n")}\n]\n`;
    const link = made("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `ratings-${rater.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function change() {
    keeper.remember("");
    rater = "";
    state = null;
    trouble.hidden = true;
    part("#name").value = "";
    greet();
  }

  hello.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = part("#name").value;
    go(async () => keeper.begin(name));
  });
  trouble.querySelector("button").addEventListener("click", () => {
    const name = rater || part("#name").value;
    if (name) go(async () => keeper.begin(name));
    else trouble.hidden = true;
  });
  for (const each of document.querySelectorAll(".undo")) each.addEventListener("click", undo);
  for (const each of document.querySelectorAll(".save")) each.addEventListener("click", save);
  for (const each of document.querySelectorAll(".other")) each.addEventListener("click", change);
  large.addEventListener("click", () => large.close());
  addEventListener("resize", fit);
  addEventListener("keydown", (event) => {
    if (event.repeat || event.altKey || event.ctrlKey || event.metaKey || large.open || !state) return;
    if (event.key === "Backspace") {
      event.preventDefault();
      return undo();
    }
    const value = state.question && KEYS[state.question.kind][event.key];
    // Space on a button that the keyboard went to is for that button.
    if (value === undefined || value === null || (event.key === " " && event.target.closest("button:focus-visible"))) return;
    event.preventDefault();
    choose(value);
  });

  const name = keeper.recall() || setup.rater;
  if (name) go(async () => keeper.begin(name)).then(() => state || greet());
  else greet();
})();
