// A question as elements: what stands beside it, the pictures, and the answers.
function drawingWith(source, choose, large) {
  const CHOICES = [["left", "A", "←"], ["tie", "No difference", "↓ or space"], ["right", "B", "→"]];
  const VERDICTS = [["real", "By the artist", "←"], ["fake", "By a machine", "→"]];

  function made(name, kind, ...children) {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    if (name === "button") element.type = "button";
    element.append(...children);
    return element;
  }

  function image(leaf, alt) {
    const element = made("img");
    element.src = source(leaf.id);
    element.alt = alt;
    // Its room is there before it is.
    element.width = leaf.width;
    element.height = leaf.height;
    element.draggable = false;
    return element;
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

  return { beside, judged, answers };
}
