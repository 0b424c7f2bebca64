const setup = JSON.parse(document.getElementById("setup").textContent);
const part = (selector) => document.querySelector(selector);
const every = (selector) => document.querySelectorAll(selector);
const [hello, ask, thanks, trouble, large] =
  ["#hello", "#ask", "#thanks", "#trouble", "#large"].map(part);
const LEAST_SHOWN = 150;
const LARGEST = 2.5;
const LEAST_ROOM = 100;
const LOW = 640;
const KEYS = {
  choice: { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", " ": "tie" },
  real: { ArrowLeft: "real", ArrowRight: "fake" },
  score: Object.fromEntries([..."1234567890"].map((key) => [key, Number(key) || 10])),
};
const keeper = keeperFor(setup, complain);
const draw = drawingWith(keeper.source, choose, large);
let rater = "";
let state = null;
let saved = "";
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
    saved = "";
    keeper.remember(rater);
    busy = false;
    show();
  } catch (problem) {
    busy = false;
    for (const chosen of every(".chosen")) chosen.classList.remove("chosen");
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
  for (const undo of every(".undo")) undo.hidden = !state.done;
  for (const other of every(".other")) other.textContent = `Not ${rater}?`;
  for (const save of every(".save")) save.hidden = !keeper.file || !state.done;
  part(".saved").textContent = "";
  if (state.question) return pose(state.question);
  stand(thanks);
  const heading = thanks.querySelector("h1");
  heading.textContent = `Thank you, ${rater}.`;
  thank();
  heading.focus();
}

function thank() {
  const kept = state.total === 1 ? "Your answer is kept" : `All ${state.total} answers are kept`;
  const next = !keeper.file
    ? "You can close this page."
    : saved
      ? told()
      : "Save them now, and send the file to whoever asked you.";
  thanks.querySelector(".lead").textContent = `${kept}${keeper.where(rater)}. ${next}`;
}

function told() {
  return `Saved as ${saved}, among the downloads of your browser. Send this file to whoever asked you.`;
}

function pose(question) {
  stand(ask);
  part(".progress").textContent = `${state.done + 1} of ${state.total}`;
  part(".track div").style.width = `${(100 * state.done) / state.total}%`;
  const words = part(".words");
  words.textContent = question.words;
  part(".prompt").hidden = !question.prompt;
  part(".prompt").textContent = `What it should show: ${question.prompt}`;
  part(".beside").replaceChildren(...draw.beside(question));
  const pictures = question.pictures.map((leaf, at) => draw.judged(question, leaf, at));
  part(".pictures").replaceChildren(...pictures);
  // One under the other where both are wide: they are larger so on a phone.
  const wide = question.pictures.every((leaf) => leaf.width >= leaf.height);
  part(".pictures").classList.toggle("under", question.pictures.length > 1 && wide);
  part(".answers").className = `answers ${question.kind}s`;
  part(".answers").replaceChildren(...draw.answers(question));
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

// How much height is left for the pictures once all else has its own; in a low window the foot may lie below.
function fit() {
  if (ask.hidden) return;
  const box = part(".pictures");
  const style = getComputedStyle(part("main"));
  const edges = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  const rows = getComputedStyle(box).flexDirection === "column" ? box.children.length : 1;
  const gaps = (rows - 1) * parseFloat(getComputedStyle(box).rowGap);
  // Without pictures of its own height the box tells what all else needs.
  box.style.setProperty("--room", "0px");
  const below = innerHeight <= LOW ? part(".foot").offsetHeight : 0;
  const left = (innerHeight - edges - (ask.offsetHeight - box.offsetHeight - below) - gaps) / rows;
  const most = LARGEST * Math.max(...state.question.pictures.map((leaf) => leaf.height));
  box.style.setProperty("--room", `${Math.min(most, Math.max(LEAST_ROOM, left))}px`);
}

function save() {
  const file = keeper.file(rater);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: "application/json" }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  saved = file.name;
  if (!state.question) return thank();
  part(".saved").textContent = `${told()} Save again once you have gone on.`;
  fit();
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
  const given = part("#name").value;
  part(".hint").textContent = given.trim() ? "" : "Give a name first: your answers are kept under it.";
  if (given.trim()) go(async () => keeper.begin(given));
  else part("#name").focus();
});
trouble.querySelector("button").addEventListener("click", () => {
  const given = rater || part("#name").value;
  if (given) go(async () => keeper.begin(given));
  else trouble.hidden = true;
});
for (const each of every(".undo")) each.addEventListener("click", undo);
for (const each of every(".save")) each.addEventListener("click", save);
for (const each of every(".other")) each.addEventListener("click", change);
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

const known = keeper.recall() || setup.rater;
if (known) go(async () => keeper.begin(known)).then(() => state || greet());
else greet();
