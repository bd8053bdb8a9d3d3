"""Are two networks one? Their layers, their state dicts, and what they compute from the same weights and inputs.

Both networks run, several times, on values that are drawn here: real random weights (a network that is built
to be counted has zeros, which would make everything equal), random inputs, a random direction for the gradient.
"""
