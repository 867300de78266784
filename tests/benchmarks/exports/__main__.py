import sys

from tests.benchmarks.exports import main

sys.exit(main())
