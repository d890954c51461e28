"""What can be asked of a device, and how its answer is judged."""
