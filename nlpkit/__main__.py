"""The command line: `python -m nlpkit`."""

import sys

from nlpkit.presets.command_line import main

sys.exit(main())
