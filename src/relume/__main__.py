"""`python -m relume`."""

import sys

from .cli import main

sys.exit(main())
