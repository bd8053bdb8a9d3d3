"""What a layer computes: the maps that it makes of an image, its kernels, the statistics of its weights."""
