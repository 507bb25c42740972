"""Questions of the quizzes: one file for each type in `types/`, found because it is there.

A type reads what its author wrote (`parse`), says what is wrong with it (`problems`, `warnings`) and names the template of its preview.
Grading will be another method in the same file: `Question.spec` is what a student may see, `key` what makes an answer right, `rule` how
much a partly right one is worth, all of them plain data that can be stored with a version.
"""
