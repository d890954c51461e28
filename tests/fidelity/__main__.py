"""Print, per field and family, how often the profiles agree with the truth of the recorded devices."""

import sys

from probes.profile import shipped
from tests.fidelity.judgement import CORPUS, compared, tallies


def main(names: list[str]) -> int:
    """Compare the captures whose names begin with one of `names`; without names all."""
    if not CORPUS.is_dir():
        sys.stderr.write("no recorded devices: set SITEWARDEN_CORPUS to the folder that holds snmp/\n")
        return 1
    cases = [one for one in compared(shipped()) if not names or one.capture.startswith(tuple(names))]
    for case in cases:
        if not case.agrees:
            set_aside = "  (on purpose)" if case.on_purpose else ""
            words = f"{case.capture:34} {case.profile:16} {case.field:9}"
            sys.stdout.write(f"{words} truth {case.truth!r} ours {case.ours!r}{set_aside}{case.why}\n")
    sys.stdout.write(f"\n{'field':9} {'family':20} {'agree':>9} {'':>7} {'set aside':>10}\n")
    for (field, family), tally in sorted(tallies(cases).items()):
        share = f"{tally.plain:6.1f}% {tally.aside:9.1f}%"
        sys.stdout.write(f"{field:9} {family:20} {tally.agreed:>4}/{tally.total:<4} {share}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
