"""A study folder, its design and power, and the step to a sealed key and a study file."""
