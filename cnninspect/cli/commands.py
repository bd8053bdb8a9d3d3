"""The commands, one row each, in the order of the help."""

from typing import Final

#: Each is a file beside this one with a function of its name, or with commands of its own (``cache info``). What it
#: gives as JSON: a module and a type in it; ``None``: something else.
COMMANDS: Final = {
    "summary": "cnninspect.report:Report",
    "check": "cnninspect.budgets.verdicts:CheckResult",
    "compare": "cnninspect.compare.comparison:Comparison",
    "explain": "cnninspect.explain.explanation:ExplanationRecord",
    "apply": "cnninspect.apply.applied:Applied",
    "verify": "cnninspect.verify.evidence:Verification",
    "models": "cnninspect.loading.catalogue:Catalogue",
    "cache info": "cnninspect.cache.state:CacheInfo",
    "cache clear": "cnninspect.cache.state:CacheCleared",
    "schema": None,
}
