"""What ``stylecli demo`` shows: a painter of the project's own, scenes, a photograph, a page."""
