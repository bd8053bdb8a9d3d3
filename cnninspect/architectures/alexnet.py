"""AlexNet, twice: as most people run it today, and as the 2012 paper has it.

- Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks"
  (NIPS 2012): the network that started it, split over two GPUs.
- Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014): the same
  idea in one column, without the split and the normalisation. It is what torchvision calls AlexNet.

The side of a feature map follows from ``⌊(side + 2·padding − kernel) / stride⌋ + 1``:
the first convolution takes 224 to ``⌊(224 + 2·2 − 11) / 4⌋ + 1 = 55``.
"""

import torch
from torch import Tensor, nn


class AlexNet(nn.Module):
    """AlexNet in one column (Krizhevsky 2014, section 5): 61,100,840 parameters.

    It has no adaptive pooling, so like the original it takes one size of image: ``(N, 3, 224, 224)``.
    Sides of 223 to 254 all end in the 6×6 that the first linear layer wants. The state-dict keys
    are those of ``torchvision.models.alexnet``, so its published weights load unchanged.

    Args:
        num_classes: Scores in the output, ``(N, num_classes)``.
        in_channels: Channels of the image.
        dropout: Probability of zeroing a feature before the first two linear layers.
    """

    def __init__(self, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            # Large kernels on the raw image, in steps of 4 pixels.
            nn.Conv2d(in_channels, 64, kernel_size=11, stride=4, padding=2),  # 3×224×224 → 64×55×55
            nn.ReLU(inplace=True),
            # Windows of 3 in steps of 2 overlap (section 3.4 of the 2012 paper).
            nn.MaxPool2d(kernel_size=3, stride=2),  # 64×27×27
            nn.Conv2d(64, 192, kernel_size=5, padding=2),  # 192×27×27
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),  # 192×13×13
            # Three convolutions in a row, no pooling in between.
            nn.Conv2d(192, 384, kernel_size=3, padding=1),  # 384×13×13
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),  # 256×13×13
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),  # 256×13×13
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),  # 256×6×6
        )
        # 96 % of the parameters are in these three linear layers.
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),  # 9216 → 4096
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images ``(N, in_channels, 224, 224)`` to scores ``(N, num_classes)``."""
        x = self.features(x)
        x = torch.flatten(x, 1)  # 256×6×6 → 9216
        scores: Tensor = self.classifier(x)
        return scores


class AlexNet2012(nn.Module):
    """AlexNet as in the 2012 paper (sections 3.3 to 3.5): 60,965,224 parameters.

    The paper trains on two GPUs, each with half of the channels, which meet in the third convolution
    only: here the second, fourth and fifth convolutions have ``groups=2``. Its figure 2 says 224×224, but
    only 227×227 gives the 55×55 that it also states: ``⌊(227 − 11) / 4⌋ + 1 = 55``.

    Args:
        num_classes: Scores in the output, ``(N, num_classes)``.
        in_channels: Channels of the image.
        dropout: Probability of zeroing a feature in the first two linear layers.
    """

    def __init__(self, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 96, kernel_size=11, stride=4),  # 3×227×227 → 96×55×55
            nn.ReLU(inplace=True),
            # Each activation is divided by a norm over five neighbouring channels (section 3.3). torch
            # averages over the five where the paper sums, hence five times the paper's alpha of 1e-4.
            nn.LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0),
            nn.MaxPool2d(kernel_size=3, stride=2),  # 96×27×27
            nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=2),  # 256×27×27
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0),
            nn.MaxPool2d(kernel_size=3, stride=2),  # 256×13×13
            nn.Conv2d(256, 384, kernel_size=3, padding=1),  # 384×13×13, the one that sees both halves
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=2),  # 384×13×13
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=2),  # 256×13×13
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),  # 256×6×6
        )
        self.classifier = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096),  # 9216 → 4096
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images ``(N, in_channels, 227, 227)`` to scores ``(N, num_classes)``."""
        x = self.features(x)
        x = torch.flatten(x, 1)  # 256×6×6 → 9216
        scores: Tensor = self.classifier(x)
        return scores
