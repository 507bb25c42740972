"""Measures the site as `manage.py up` starts it, with throw-away servers. Figures, never tests: nothing fails because it was slow."""
