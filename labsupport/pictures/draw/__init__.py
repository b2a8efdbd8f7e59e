"""The parts of a ladder, each as SVG."""
