#!/usr/bin/env bash
# El cuaderno del curso (curso.ipynb) como comandos: pooling, convoluciones, mapas de activación, AlexNet y VGG16.
set -euo pipefail

echo "== 1. Max pooling: ventanas de 2×2, de 2 en 2, de cuatro números queda el mayor =="
cnninspect apply 'MaxPool2d(2, 2)' --values '1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16'

echo
echo "== 2. Una convolución de 3×3 en la misma matriz: columna izquierda menos columna derecha, un detector de bordes =="
cnninspect apply 'Conv2d(1, 1, 3, bias=False)' --values 1:16 --weight '1 0 -1; 1 0 -1; 1 0 -1'

echo
echo "== 3. Núcleos y mapas de activación: lo que da ese núcleo con una imagen de 16×16 =="
cnninspect apply 'Conv2d(1, 1, 3, bias=False)' --values 1:256 --weight '1 0 -1; 1 0 -1; 1 0 -1'

echo
echo "== 4. Dos convoluciones sin relleno: 19 − 5 + 1 = 15, 15 − 3 + 1 = 13 =="
cnninspect summary 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' --input 1x3x19x19 \
  --columns input,kernel,output,params
cnninspect explain 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' --input 1x3x19x19

echo
echo "== 5. AlexNet de torchvision, y los núcleos de su primera capa (al azar mientras no se dé --weights DEFAULT) =="
cnninspect summary alexnet --input 1x3x224x224
cnninspect view alexnet features.0 --kernels

echo
echo "== 6. VGG16 de torchvision: núcleos pequeños, y un campo receptivo que crece de capa en capa =="
cnninspect summary vgg16 --input 1x3x224x224 --columns output,params,macs,receptive_field

echo
echo "== 7. AlexNet desde cero (cnninspect/architectures/alexnet.py): 1×1000 puntuaciones, 61,1 M de parámetros =="
cnninspect summary scratch:alexnet --input 1x3x224x224 --columns kernel,stride,padding,output,params,receptive_field

echo
echo "== 8. La demostración de que las dos son una misma red =="
cnninspect verify scratch:alexnet torchvision:alexnet
