"""The page: one HTML file that loads nothing, with its pictures, plots, style sheet and script inside."""
