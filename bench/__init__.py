"""The load generator and the measurements behind every figure in the README: `python -m bench --help`."""
