from annotation.judgements.columns import Reading
from annotation.judgements.report import How, Import, ImportReport, Refusals
from annotation.judgements.taking import take_in

__all__ = ["How", "Import", "ImportReport", "Reading", "Refusals", "take_in"]
