// Filling the screen with a part of the page.

/**
 * Fill the screen with an element, or give it back.
 * @param {Element} element
 * @returns {Promise<boolean>} whether the browser lets the page do that
 */
export async function toggleFullscreen(element) {
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen());
    return true;
  } catch (error) {
    // A TypeError where there is no such thing, as on iPhones; a DOMException where it is forbidden.
    if (!(error instanceof TypeError || error instanceof DOMException)) {
      throw error;
    }
    console.warn("This browser does not fill the screen:", error);
    return false;
  }
}
