"""`python -m firmware_host` is `slowroll`."""

import sys

from firmware_host.cli import main

sys.exit(main())
