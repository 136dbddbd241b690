"""The true passable width of pavements."""
