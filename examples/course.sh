#!/usr/bin/env bash
# The course notebook (course.ipynb) as commands: pooling, convolutions, feature maps, AlexNet and VGG16.
set -euo pipefail

echo "== 1. Max pooling: windows of 2×2 in steps of 2 keep the largest of four numbers =="
cnninspect apply 'MaxPool2d(2, 2)' --values '1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16'

echo
echo "== 2. A 3×3 convolution on the same matrix: left column less right column, an edge detector =="
cnninspect apply 'Conv2d(1, 1, 3, bias=False)' --values 1:16 --weight '1 0 -1; 1 0 -1; 1 0 -1'

echo
echo "== 3. Kernels and feature maps: what that kernel makes of an image of 16×16 =="
cnninspect apply 'Conv2d(1, 1, 3, bias=False)' --values 1:256 --weight '1 0 -1; 1 0 -1; 1 0 -1'

echo
echo "== 4. Two convolutions without padding: 19 − 5 + 1 = 15, 15 − 3 + 1 = 13 =="
cnninspect summary 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' --input 1x3x19x19 \
  --columns input,kernel,output,params
cnninspect explain 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' --input 1x3x19x19

echo
echo "== 5. AlexNet from torchvision, and the kernels of its first layer (random until --weights DEFAULT is given) =="
cnninspect summary alexnet --input 1x3x224x224
cnninspect view alexnet features.0 --kernels

echo
echo "== 6. VGG16 from torchvision: small kernels, and a receptive field that grows layer by layer =="
cnninspect summary vgg16 --input 1x3x224x224 --columns output,params,macs,receptive_field

echo
echo "== 7. AlexNet from scratch (cnninspect/architectures/alexnet.py): 1×1000 scores, 61.1 M parameters =="
cnninspect summary scratch:alexnet --input 1x3x224x224 --columns kernel,stride,padding,output,params,receptive_field

echo
echo "== 8. The proof that both are one network =="
cnninspect verify scratch:alexnet torchvision:alexnet
