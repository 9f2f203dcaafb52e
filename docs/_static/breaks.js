// Lets the long names of directives break after an underscore, in titles and the sidebar.
const _breakable = (text) => {
  const parts = text.textContent.split(/(?<=_)/);
  text.replaceWith(...parts.flatMap((part) => [part, document.createElement("wbr")]));
};

document.addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll("article h1, .sidebar-tree .reference")) {
    [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent.includes("_"))
      .forEach(_breakable);
  }
});
