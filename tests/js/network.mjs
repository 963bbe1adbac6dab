// A network and a clock in the test's hand: what LiveSocket needs of its surroundings.

export function world() {
  const around = {
    sockets: [],
    clock: 0,
    timers: new Map(),
    lastTimer: 0,
    connect: (url) => {
      const socket = { url, closed: false, close: () => (socket.closed = true) };
      around.sockets.push(socket);
      return socket;
    },
    now: () => around.clock,
    random: () => 1,
    later: (run, ms) => {
      around.lastTimer += 1;
      around.timers.set(around.lastTimer, { run, at: around.clock + ms });
      return around.lastTimer;
    },
    cancel: (id) => around.timers.delete(id),
    /** Let time pass; each timer runs at its moment. */
    pass: (ms) => {
      const until = around.clock + ms;
      for (;;) {
        const due = [...around.timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!due) {
          break;
        }
        const [id, { run, at }] = due;
        around.timers.delete(id);
        around.clock = at;
        run();
      }
      around.clock = until;
    },
  };
  return around;
}
