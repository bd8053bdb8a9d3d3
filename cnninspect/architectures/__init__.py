"""Networks written out from scratch, to be read by someone who learns CNNs from them.

Every class takes ``num_classes``, ``in_channels`` and ``dropout``. Shapes in comments leave out
the batch: ``64×55×55`` is channels × height × width of the feature map after the line.
"""
