/** Small helpers: the page is built without markup in strings, which Trusted Types would refuse. */

/** The element with this id. @param {string} id */
export function $(id) {
  return document.getElementById(id);
}

/** @param {string} tag @param {object} [properties] @param {...(Node | string)} children */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Sets an element's text, leaving it alone where nothing changes: screen readers announce changes. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** 1234567 as "1,234,567". @param {number} n */
export function count(n) {
  return n.toLocaleString("en");
}
