"""What shows an evaluation: the record, the tables, and the page."""

from stylecli.evaluation.report.writing import write_report

__all__ = ["write_report"]
