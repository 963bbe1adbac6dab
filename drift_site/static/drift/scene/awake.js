// Whether there is reason to draw: something has changed lately, and somebody may see it. A picture that stands still costs
// nothing, for however many hours a page is left open.

// After the last change cameras still glide for a moment.
const AWAKE_MS = 2000;
// So far out of sight it is drawn already, so that it is there when somebody scrolls to it.
const NEAR = "25%";
const HANDS = ["pointerdown", "pointermove", "pointerup", "wheel", "keydown", "keyup"];

export class Awake {
  #changedAt = -Infinity;
  #inView = true;
  #ends = new AbortController();
  #observer;

  /** @param {Element} element whose picture it is; hands on it wake it too */
  constructor(element) {
    const wake = () => this.wake();
    const { signal } = this.#ends;
    HANDS.forEach((hand) => element.addEventListener(hand, wake, { passive: true, signal }));
    // A browser may throw pictures of a hidden tab away.
    document.addEventListener("visibilitychange", wake, { signal });
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries[entries.length - 1].isIntersecting;
      this.wake();
    }, { rootMargin: NEAR });
    this.#observer.observe(element);
  }

  wake() {
    this.#changedAt = performance.now();
  }

  /** @param {number} now ms of performance.now() */
  isAwake(now) {
    return this.#inView && now - this.#changedAt < AWAKE_MS;
  }

  dispose() {
    this.#ends.abort();
    this.#observer.disconnect();
  }
}
