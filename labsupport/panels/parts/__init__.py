"""What panels are made of: the bench with its live ladder, experiments, controls for the keyboard, words, colours."""
