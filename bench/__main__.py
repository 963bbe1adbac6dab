"""`python -m bench [fanout|ingest|catchup|storage] [--seconds N]` prints the README's tables, measured here."""

import argparse
import sys

from bench import catchup, fanout, ingest, machine, storage

BENCHES = {"fanout": fanout.run, "ingest": ingest.run, "catchup": catchup.run, "storage": storage.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=[*BENCHES], help="one of them (default: all)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each measurement lasts (default 10)")
    options = parser.parse_args()
    if machine.busy():
        progress("Other programs are busy on this machine: CPU and latency figures will be worse than they are.")
    print(f"Measured with `make bench`: {machine.describe()}", flush=True)
    for name in [options.which] if options.which else BENCHES:
        for table in BENCHES[name](options.seconds, progress):
            print(f"\n{table}", flush=True)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
