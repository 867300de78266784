import sys

from tests.benchmarks.scoring import main

sys.exit(main())
