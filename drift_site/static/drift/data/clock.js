// What time it is at the server, and which moment of the race can be shown without waiting for frames. Pure; seconds.

// Over this long a clock's drift is less than what a network's delays vary by.
const WINDOW_S = 30;
const GAPS = 128;
// After a longer silence, the next frame says nothing about how regularly frames come.
const SILENCE_S = 1;
const MOST_BUFFER_S = 0.1;
// Time may run by this share faster or slower to catch up with where it should be; farther off, it jumps.
const SLEW = 0.08;
const JUMP_S = 0.5;
const MEASURE_EVERY = 16;

/**
 * The least delay that a frame came with in the last half minute is taken for none: so the server's clock is known but for
 * the network's shortest way. A frame is shown when it is older than the jitter buffer.
 */
export class ServerClock {
  /** The least (local − server) of each second, by local second modulo the window. */
  #least = new Float64Array(WINDOW_S).fill(Infinity);
  #second = NaN;
  #offset = NaN;
  #gaps = new Float64Array(GAPS);
  #sorted = new Float64Array(GAPS);
  #count = 0;
  #last = NaN;
  #shown = NaN;
  #shownAt = NaN;
  /** s that the picture is behind the server's clock: twice the gap that 95 of 100 arrivals keep, 100 ms at the most. */
  buffer = MOST_BUFFER_S;

  /** The server's clock may be another one after a new connection. */
  restart() {
    this.#least.fill(Infinity);
    this.#second = NaN;
    this.#last = NaN;
  }

  /**
   * Frames came.
   * @param {number} server the newest one's time by the server's clock @param {number} local the page's clock
   */
  arrive(server, local) {
    this.#note(local - server, local);
    const gap = local - this.#last;
    this.#last = local;
    if (gap >= 0 && gap < SILENCE_S) {
      this.#gaps[this.#count % GAPS] = gap;
      this.#count += 1;
      if (this.#count % MEASURE_EVERY === 0) {
        this.buffer = Math.min(MOST_BUFFER_S, 2 * this.#p95());
      }
    }
  }

  /** @param {number} delay @param {number} local */
  #note(delay, local) {
    const second = Math.floor(local);
    if (Number.isNaN(this.#second) || second - this.#second >= WINDOW_S) {
      this.#least.fill(Infinity);
      this.#second = second;
    }
    for (; this.#second < second; this.#second += 1) {
      this.#least[(this.#second + 1) % WINDOW_S] = Infinity;
    }
    const slot = second % WINDOW_S;
    this.#least[slot] = Math.min(this.#least[slot], delay);
    this.#offset = Infinity;
    for (let i = 0; i < WINDOW_S; i += 1) {
      this.#offset = Math.min(this.#offset, this.#least[i]);
    }
  }

  #p95() {
    const count = Math.min(GAPS, this.#count);
    const sorted = this.#sorted.subarray(0, count);
    sorted.set(this.#gaps.subarray(0, count));
    sorted.sort();
    return sorted[Math.min(count - 1, Math.floor(count * 0.95))];
  }

  /** The server's time; NaN before the first frame. @param {number} local the page's clock */
  server(local) {
    return local - this.#offset;
  }

  /**
   * The newest moment that can be shown: the server's time less the buffer, as an even flow. Called once a picture.
   * @param {number} local the page's clock
   */
  edge(local) {
    const wanted = this.server(local) - this.buffer;
    const elapsed = Math.max(0, local - this.#shownAt);
    const flowing = this.#shown + elapsed;
    const off = wanted - flowing;
    if (Math.abs(off) < JUMP_S) {
      const most = SLEW * elapsed;
      this.#shown = flowing + Math.max(-most, Math.min(most, off));
    } else {
      this.#shown = wanted;
    }
    this.#shownAt = local;
    return this.#shown;
  }
}
