"use strict";

// Answers are kept by stylecli, which this page comes from.
function keeperFor() {
  async function send(path, given) {
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
  }

  return {
    file: null,
    source: (leaf) => `picture/${leaf}`,
    begin: (rater) => send(`question?rater=${encodeURIComponent(rater)}`),
    answer: (rater, question, answer, seconds) =>
      send("answer", { rater, question: question.id, answer, seconds }),
    undo: (rater) => send("undo", { rater }),
    where: () => "",
    recall: () => new URLSearchParams(location.search).get("rater") ?? "",
    remember(rater) {
      const query = rater ? `?rater=${encodeURIComponent(rater)}` : "";
      history.replaceState(null, "", `${location.pathname}${query}`);
    },
  };
}
