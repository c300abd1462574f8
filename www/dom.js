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

/** A copy of what is in a template: its first element. @param {string} id */
export function copyOf(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

/** Sets an element's text, unless it is the same: screen readers announce changes. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that stays pressed. @param {HTMLElement} button @param {(on: boolean) => void} act */
export function toggle(button, act) {
  button.onclick = () => {
    const on = !isPressed(button);
    press(button, on);
    act(on);
  };
}

export function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

export function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

/** 1234567 as "1,234,567". @param {number} n */
export function count(n) {
  return n.toLocaleString("en");
}

/** 32 hexadecimal digits in groups of four. @param {string} id */
export function grouped(id) {
  return id.match(/.{1,4}/g).join(" ");
}
