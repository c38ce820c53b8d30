"""Kiln's host tools: what turns programs into images, boots them and relays their streams."""
