"""A class of simulated students, for demonstrations: what they know and answer, and taking a quiz through the doors that people use."""
