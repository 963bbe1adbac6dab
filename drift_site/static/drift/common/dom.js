// Small helpers for elements that the templates promise.

/**
 * @template {Element} T
 * @param {ParentNode} root @param {string} selector @param {new () => T} kind
 * @returns {T}
 * @throws {Error} when the page has no such element, which is a fault of its template
 */
export function find(root, selector, kind) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) {
    throw new Error(`The page has no ${selector}.`);
  }
  return element;
}

/**
 * Write a text only where it is another one: an unchanged node costs no layout.
 * @param {Element} element @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
