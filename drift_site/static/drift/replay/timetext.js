// Moments of a race as people read them. Pure.

/**
 * As m:ss.d, from an hour on as h:mm:ss.d; what is past the last digit is cut, so that no moment is told too early.
 * @param {number} seconds @param {number} [digits]
 */
export function clock(seconds, digits = 1) {
  const power = 10 ** digits;
  // Times are sums of many steps: a hair below a tenth is that tenth.
  const parts = Math.max(0, Math.floor(seconds * power + 1e-6));
  const whole = Math.floor(parts / power);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0") + (digits > 0 ? `.${String(parts % power).padStart(digits, "0")}` : "");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** In words, for those who hear it. @param {number} seconds */
export function spoken(seconds) {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  const hours = Math.floor(tenths / 36_000);
  const minutes = Math.floor(tenths / 600) % 60;
  const parts = [
    hours > 0 ? `${hours} h` : "",
    minutes > 0 ? `${minutes} min` : "",
    `${((tenths % 600) / 10).toFixed(1)} s`,
  ];
  return parts.filter(Boolean).join(" ");
}

/** A speed. @param {number} speed */
export function times(speed) {
  return `${Math.round(speed * 100) / 100}×`;
}
