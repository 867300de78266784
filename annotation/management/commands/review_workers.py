from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import quality, tasks
from annotation.errors import InvalidDecision
from annotation.models import Study, Worker


class Command(BaseCommand):
    help = "Look at the workers of a study with its rules, and print whom each finds; --apply also decides it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "--apply", nargs="+", default=[], choices=sorted(quality.RULES), metavar="RULE",
            help=f"Take the decisions that these rules propose: {', '.join(quality.RULES)}.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.")
        proposals = quality.judge_workers(study=study, now=timezone.now())
        for proposal in proposals:
            rule, worker = proposal.setting.rule, Worker.pseudonym_in(study.pk, proposal.worker_id)
            numbers = " ".join(f"{name}={value}" for name, value in quality.public(study.pk, proposal.evidence).items())
            done = self._decide(study, proposal) if rule in options["apply"] else "proposed"
            self.stdout.write(f"{worker} {rule} {proposal.setting.get_effect_display()}: {done}; {numbers}")
        if not proposals:
            self.stdout.write("No rule finds anybody.")
        quality.review(study=study, now=timezone.now())

    def _decide(self, study: Study, proposal: quality.Proposal) -> str:
        try:
            decision = quality.decide_by_rule(study=study, proposal=proposal, now=timezone.now())
        except InvalidDecision:
            return "holds already"
        tasks.enqueue_recounts(decision)
        return "decided"
