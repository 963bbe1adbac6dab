// Moments as people read them, in their own time zone.

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {string} iso */
export function moment(iso) {
  return FORMAT.format(new Date(iso));
}

/** Write the times under `root`, which the server wrote in UTC, in the reader's time zone. @param {ParentNode} root */
export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = moment(/** @type {HTMLTimeElement} */ (time).dateTime);
  }
}

/**
 * How long something has been going on, as coarse as people say it.
 * @param {number} seconds
 */
export function age(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 1) {
    return "< 1 min";
  }
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
