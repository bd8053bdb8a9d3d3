"""How many multiply-accumulates an operator does: one rule an operator, from shapes to integers.

- Convolutions, linear layers, matrix products and attention count, wherever they run. A bias, a
  normalisation, an activation function and a pooling count 0. One MAC is two FLOPs.
- Activations are the elements output by those same operators, also between the two products of
  attention (Radosavovic et al., "Designing Network Design Spaces", 2020, section 3.1).
- This is the rule of ``torch.utils.flop_counter``, with the operators that it leaves out on the CPU.
- A rule stands at the highest operator that shows the product: ``aten::linear`` rather than the
  ``addmm`` beneath, ``aten::lstm`` rather than oneDNN's fused kernel, which shows nothing.
- An operator that multiplies and accumulates but has no rule is told apart by ``uncounted.is_uncounted``.

A rule takes the operator's arguments, by the names in its schema, and its result, whether it needs both or not.
"""

from typing import Any, Final

from cnninspect import torch_internals
from cnninspect.capture.layer_rules import LAYER_RULES
from cnninspect.capture.operator_arguments import Arguments, tensors_in
from cnninspect.capture.product_rules import PRODUCT_RULES, Rule, Work

RULES: Final = PRODUCT_RULES | LAYER_RULES
"""By operator, ``namespace::name``."""


def rule_for(name: str) -> Rule | None:
    """The rule of operator ``namespace::name``; its in-place form has the same."""
    return RULES.get(name) or RULES.get(name.removesuffix("_"))


def registered_rule(op: Any) -> Rule | None:
    """The rule from a formula in torch's own registry, where the user's code can add its operators'.

    ``torch.utils.flop_counter.register_flop_formula`` is how; the formula gives FLOPs. Torch leaves out what is its
    default; a formula that asks for it is given it.
    """
    formula = torch_internals.registered_formula(op)
    if formula is None:
        return None

    def rule(given: Arguments, out: Any) -> Work:
        try:
            flops = formula(*given.args, **given.kwargs, out_val=out)
        except TypeError:
            flops = formula(*given.args, **given.named(), out_val=out)
        return Work(flops // 2, sum(tensor.numel() for tensor in tensors_in((out,))))

    return rule
