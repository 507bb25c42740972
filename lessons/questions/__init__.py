"""Questions of the quizzes: one file for each type in `types/`, found because it is there.

A type reads what its author wrote (`parse`), says what is wrong with it (`problems`, `warnings`), deals a question to a student, shows it,
reads an answer and grades it. `Question.spec` is what a student may see, `key` what makes an answer right, `rule` how much a partly right
one is worth, all of them plain data that is stored with a version.
"""
