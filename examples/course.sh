#!/usr/bin/env bash
# The course notebook as commands: pooling, convolutions and their output sizes, AlexNet and VGG16.
set -euo pipefail

echo "== Max pooling: windows of 2×2 in steps of 2 halve a 4×4 matrix =="
cnninspect summary 'nn:MaxPool2d(2, 2)' --input 1x1x4x4 --columns kernel,stride,output

echo
echo "== Two convolutions without padding: 19 − 5 + 1 = 15, 15 − 3 + 1 = 13 =="
cnninspect summary 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' --input 1x3x19x19 \
  --columns input,kernel,output,params

echo
echo "== AlexNet from torchvision =="
cnninspect summary alexnet --input 1x3x224x224

echo
echo "== VGG16 from torchvision =="
cnninspect summary vgg16 --input 1x3x224x224

echo
echo "== AlexNet from scratch (cnninspect/architectures/alexnet.py): 1×1000 scores, 61.1 M parameters =="
cnninspect summary scratch:alexnet --input 1x3x224x224 --columns kernel,stride,padding,output,params,receptive_field

echo
echo "== What a convolution sees: the receptive field grows layer by layer =="
cnninspect summary scratch:vgg16 --input 1x3x224x224 --columns output,receptive_field
