"""The chapters as files: where they are, what is in them, a learner's copy, how it is renewed, and how it travels.

- `places`: the course's own chapters and the learner's; `chapters`, `questions`: what is in them;
- `copies`: whether a file was edited; `updates`: what is new;
- `archive`, `bringing`: a learner's work as one file; `travel`: which files go into one.
"""
