"""The VGG family, from the one table of its paper.

Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (ICLR 2015).
Its idea: nothing but 3×3 convolutions. Two in a row see 5×5 pixels, three see 7×7, with fewer
parameters than one large kernel and a ReLU after each (section 2.3).
"""

import torch
from torch import Tensor, nn

#: Table 1 of the paper, columns A, B, D and E. A number is a 3×3 convolution with so many output
#: channels, "M" a 2×2 max pooling that halves the sides: 224 → 112 → 56 → 28 → 14 → 7.
CONFIGURATIONS: dict[str, tuple[int | str, ...]] = {
    "vgg11": (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "vgg13": (64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "vgg16": (64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"),
    "vgg19": (64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"),
}


def convolutions(configuration: tuple[int | str, ...], in_channels: int, *, batch_norm: bool) -> nn.Sequential:
    """The convolutional part: images ``(N, in_channels, H, W)`` to ``(N, 512, H/32, W/32)``."""
    layers: list[nn.Module] = []
    channels = in_channels
    for entry in configuration:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))  # half the height, half the width
            continue
        layers.append(nn.Conv2d(channels, entry, kernel_size=3, padding=1))  # the same height and width
        if batch_norm:  # not in the paper: Ioffe, Szegedy, "Batch Normalization" (2015)
            layers.append(nn.BatchNorm2d(entry))
        layers.append(nn.ReLU(inplace=True))
        channels = entry
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """One member of the family; VGG16 has 138,357,544 parameters (the paper's table 2 says 138 million).

    The state-dict keys are those of torchvision's definition, so its published weights load unchanged.

    Args:
        name: A key of ``CONFIGURATIONS``; its number counts the layers with weights.
        batch_norm: With a batch normalisation after each convolution.
        num_classes: Scores in the output, ``(N, num_classes)``.
        in_channels: Channels of the image.
        dropout: Probability of zeroing a feature after the first two linear layers.
    """

    def __init__(
        self,
        name: str,
        *,
        batch_norm: bool = False,
        num_classes: int = 1000,
        in_channels: int = 3,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = convolutions(CONFIGURATIONS[name], in_channels, batch_norm=batch_norm)  # 512×7×7
        # The paper has no such layer. At 224×224 it changes nothing; at other sizes it makes 7×7 of any map.
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),  # 25088 → 4096
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images ``(N, in_channels, H, W)``, 224×224 in the paper, to scores ``(N, num_classes)``."""
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)  # 512×7×7 → 25088
        scores: Tensor = self.classifier(x)
        return scores
