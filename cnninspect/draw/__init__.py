"""Pictures of a network: its graph with every skip connection, and its feature maps as blocks. No torch."""
