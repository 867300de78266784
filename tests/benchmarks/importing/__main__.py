import sys

from tests.benchmarks.importing import main

sys.exit(main())
