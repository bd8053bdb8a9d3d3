"""Operators without a rule are named, with their calls, and the totals are shown as lower bounds."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import flop_registry, register_flop_formula

from cnninspect import inspect_model
from cnninspect.formats.console import render
from cnninspect.report import UncountedOp
from tests.reference.small_networks.exactness import Calls, assert_exact, assert_sums
