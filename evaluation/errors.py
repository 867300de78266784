"""What can go wrong in evaluation; the message is for the person, and says what to do."""


class EvaluationError(Exception):
    """The root of the tree; never raised itself."""


class InvalidClassifier(EvaluationError):
    """A classifier's file, preprocessing or classes are not what they must be."""


class CannotRequest(EvaluationError):
    """A run can't be requested for this classifier and test set."""


class CannotCancel(EvaluationError):
    """A run that has ended can't be cancelled."""


class LeaseLost(EvaluationError):
    """The shard was taken over by another consumer, or the run has ended."""


class InvalidPredictions(EvaluationError):
    """Predictions do not fit the test set or the classes."""


class NotFinished(EvaluationError):
    """Something that must be finished first is not."""


class CannotReport(EvaluationError):
    """A report can't be built of what was asked for."""


class CannotPredict(EvaluationError):
    """An image, or the classifier on it, made scoring stop; the message names the image."""
