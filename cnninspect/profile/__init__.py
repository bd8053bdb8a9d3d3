"""What a network costs to run and to train: memory to the byte, time by layer."""
