// Ranks the results of the search: Sphinx copies this object into searchtools.js.
//
// A page or a section whose title has all words of the query comes first.  Guides come
// before reference pages, and these before decisions.
const _searched = () => {
  const query = new URLSearchParams(window.location.search).get("q") || "";
  return query.toLowerCase().match(/[a-z0-9]+/g) || [];
};

// "rename" is also in "Renaming": the first five letters decide.
const _names = (title, words) => {
  const parts = title.toLowerCase().split(/[^a-z0-9]+/);
  const isThere = (word) => parts.some((part) => part.startsWith(word.slice(0, 5)));
  return words.length > 0 && words.every(isThere);
};

const _LONG = ["commands", "errors", "generated-changes", "json", "locks"];

const _weight = (docname) => {
  if (docname.startsWith("adr/")) return -30;
  if (_LONG.includes(docname)) return -5;
  return /^(checks|directives)\//.test(docname) ? 0 : 6;
};

var Scorer = {
  score: ([docname, title, , , score]) =>
    score + _weight(docname) + (_names(title, _searched()) ? 20 : 0),

  // What Sphinx has by default.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
