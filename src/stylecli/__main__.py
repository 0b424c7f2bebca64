"""``python -m stylecli``."""

import sys

from stylecli.cli.app import main

sys.exit(main())
