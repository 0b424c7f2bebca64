"use strict";

// Answers are kept in this browser, for a page without a server, and saved as a file.
function keeperFor(setup, complain) {
  const unkept = {};
  const placeOf = (rater) => `stylecli ratings ${setup.page} ${rater.toLowerCase()}`;

  // What the browser refused to keep is newer than what it keeps.
  function linesOf(rater) {
    const place = placeOf(rater);
    if (place in unkept) return unkept[place];
    try {
      return JSON.parse(localStorage.getItem(place)) ?? [];
    } catch {
      return [];
    }
  }

  function add(rater, line) {
    const given = { schema: "stylecli-rating/1", rater, at: new Date().toISOString(), ...line };
    const place = placeOf(rater);
    const lines = [...linesOf(rater), given];
    try {
      localStorage.setItem(place, JSON.stringify(lines));
      delete unkept[place];
    } catch {
      unkept[place] = lines;
      complain("This browser keeps nothing for this page. Save your answers before you close it.");
    }
  }

  function answeredBy(rater) {
    const answered = new Set();
    for (const line of linesOf(rater)) {
      answered.delete(line.question);
      if (line.kind !== "withdraw") answered.add(line.question);
    }
    return [...answered];
  }

  function begin(name) {
    const rater = name.trim().replace(/\s+/g, " ").normalize();
    const answered = answeredBy(rater);
    const rest = setup.questions.filter((question) => !answered.includes(question.id));
    return {
      rater: linesOf(rater)[0]?.rater ?? rater,
      done: setup.total - rest.length,
      total: setup.total,
      question: rest[0] ?? null,
      ahead: [],
    };
  }

  return {
    // The name and the content of what is sent to whoever asked.
    file: (rater) => ({
      name: `ratings-${rater.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.json`,
      text: `[\n${linesOf(rater).map((line) => JSON.stringify(line)).join(",\n")}\n]\n`,
    }),
    source: (leaf) => setup.pictures[leaf],
    begin,
    answer(rater, question, answer, seconds) {
      const said = { choice: "chosen", score: "score", real: "said" }[question.kind];
      const { id, kind, sealed } = question;
      if (!answeredBy(rater).includes(id)) {
        add(rater, { kind, question: id, [said]: answer, seconds, sealed });
      }
      return begin(rater);
    },
    undo(rater) {
      const last = answeredBy(rater).at(-1);
      if (last) add(rater, { kind: "withdraw", question: last });
      return begin(rater);
    },
    where: (rater) => (placeOf(rater) in unkept ? " until this page is closed" : " in this browser"),
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
}
