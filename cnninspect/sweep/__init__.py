"""The figures of many networks, on several processes or machines, into a file of lines that grows."""
