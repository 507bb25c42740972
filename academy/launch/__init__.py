"""Bringing the site up on one machine: `manage.py up`, `up --check`, `test`, and servers for the other commands.

The rules here:
1. The process that watches over the others has no Django settings; its children get what they need in the environment.
2. Stopping and being killed are one path. Every child is known to a watchdog process, which ends them all when its pipe closes.
3. Data is never guessed at: a data directory that exists chooses the server program, and nothing is ever created beside it.
4. An expected failure is a `LaunchError`: one sentence with what was expected, what came and what to do, and exit code 1.
"""
