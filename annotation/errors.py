"""What can go wrong in annotation; the message is for the person, and says what to do."""


class AnnotationError(Exception):
    """The root of the tree; never raised itself."""


class InvalidStudy(AnnotationError):
    """A study or its classes are not what they must be."""


class UnknownClass(AnnotationError):
    """A class that the study does not have."""


class RefusedImage(AnnotationError):
    """A file that is not an image we take; the message is the reason."""


class UnsafePath(AnnotationError):
    """A name that points outside its folder."""


class UnreadableSource(AnnotationError):
    """A folder, a manifest of images or a list of classes that can't be opened or understood."""


class SourceBusy(AnnotationError):
    """A source that wants no requests for a while."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class CannotCollect(AnnotationError):
    """Images can't be collected as it is asked for."""


class CollectionLeaseLost(AnnotationError):
    """Another consumer takes the collection in by now, or it was stopped."""


class InvalidCriteria(AnnotationError):
    """What candidates are to have in common is not said as it must be."""


class CannotExclude(AnnotationError):
    """Candidates can't be excluded, or let in again, as it is asked for."""


class NumberChanged(CannotExclude):
    """Not as many would be excluded now as the person was shown."""

    def __init__(self, message: str, *, num_included: int) -> None:
        super().__init__(message)
        self.num_included = num_included


class CannotTakeDown(AnnotationError):
    """A picture can't be removed for good as it is asked for."""


class CannotImport(AnnotationError):
    """Judgements from elsewhere can't be taken in."""


class RefusedJudgement(AnnotationError):
    """A row of a table that can't be taken as a judgement; the message is the reason."""


class CannotCompose(AnnotationError):
    """Grids can't be composed from what is there."""


class InvalidFilter(AnnotationError):
    """A judgement filter that can't be, or that is there already."""


class CannotLaunch(AnnotationError):
    """HITs can't be launched, or a batch can't be changed."""


class CannotPay(AnnotationError):
    """A payment that can't be made as it is asked for; the base of the one below."""


class OverBudget(CannotPay):
    """A payment, or what is to be put up, that the batch's budget does not hold."""

    def __init__(self, message: str, *, missing: int = 0) -> None:
        super().__init__(message)
        self.missing = missing  # smallest units


class CannotWrite(AnnotationError):
    """A message that says nothing, says too much, or is one too many."""


class InvalidInvitation(AnnotationError):
    """An invitation that would invite nobody, or that nobody could tell from others."""


class AssignmentRefused(AnnotationError):
    """A worker's request can't be honoured; the base of those below, never raised itself."""


class InvitationClosed(AssignmentRefused):
    """Nobody can join by this invitation any more: full, over or withdrawn."""


class NotYours(AssignmentRefused):
    """The assignment belongs to another worker, or was handed on after its time ran out."""


class AlreadySubmitted(AssignmentRefused):
    """Other judgements were handed in for this assignment before."""


class HoldsEnough(AssignmentRefused):
    """The worker holds as many running leases as anyone may."""


class MetBefore(AssignmentRefused):
    """The worker has met an image of this very grid in another one."""


class InvalidSelection(AssignmentRefused):
    """Positions outside the grid, or selected without having been seen."""


class BatchClosed(AssignmentRefused):
    """The batch takes no more work."""


class ServingStopped(AssignmentRefused):
    """The study gives this worker no more grids."""


class CannotSearch(AnnotationError):
    """Near-duplicates can't be searched so."""


class UndecidablePair(AnnotationError):
    """A pair of images that is decided already, or a decision that can't be undone."""


class InvalidDecision(AnnotationError):
    """A decision about a worker that can't be taken or reversed, or a rule that can't be set so."""


class CannotReplay(AnnotationError):
    """A decision that no rule took, or one that is no longer here."""


class CannotAggregate(AnnotationError):
    """A model of annotation that is unknown, not installed, or has no judgements."""


class CannotBuild(AnnotationError):
    """A test set can't be built from these frequencies and parameters."""


class CannotReview(AnnotationError):
    """Something about a review that can't be said, or not by this person, or not any more."""


class MissingContent(AnnotationError):
    """A file that the database names is not in the storage."""


class CannotExport(AnnotationError):
    """An export can't be made, or would hold less than was promised."""


class IncompletePiece(AnnotationError):
    """Part of an export whose pictures are not all in the storage; `missing` names them."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("; ".join(missing))
        self.missing = missing


class ExportLeaseLost(AnnotationError):
    """Another consumer writes the export by now, or it has ended."""


class ExportGone(AnnotationError):
    """A download link that has expired, or an export whose files were removed."""


class BrokenDownload(ExportGone):
    """A download link that was never made here, or whose export is gone."""
