"""Two networks' layers aligned like a diff."""
