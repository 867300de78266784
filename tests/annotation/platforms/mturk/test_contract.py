from tests.annotation.platforms.mturk.contract import *  # noqa: F403
