"""What each exit code means, in the words that the man page and the guide have for it."""

from typing import Final

EXIT_CODES: Final = {
    0: "done; every gate held",
    1: "a gate said no: check found a violation, verify, --exit-code or --cross-check a difference, "
    "sweep --strict a failure",
    2: "the request can't be carried out as written: a flag, a shape, a name, a file",
    3: "the model or the machine could not do it: building, weights, device, forward pass, memory",
    4: "a fault of cnninspect itself",
    130: "interrupted",
}
