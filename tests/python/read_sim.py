"""Reads every operation of the embedded account with boto3, a client that this project did not write.

    read_sim.py http://127.0.0.1:PORT [SECTION...]

Prints one JSON document: what was called how often, every total read, every mismatch. Exits 1 if there is any.
"""
import json, sys, traceback

from reading import agreement, apis, functions, logs, metrics, spans, tags, traces
from reading.account import Account

SECTIONS = {
    "apis": apis.read,
    "tags": tags.read,
    "traces": traces.read,
    "metrics": metrics.read,
    "logs": logs.read,
    "agreement": agreement.read,
    # Last, as it changes things.
    "functions": functions.read,
}
# Only when asked for: in an account whose segments go to CloudWatch Logs.
APART = {"spans": spans.read}


def main(url, *wanted):
    account = Account(url)
    for name, read in {**SECTIONS, **APART}.items():
        if name not in (wanted or SECTIONS):
            continue
        account.section = name
        try:
            read(account)
        except Exception as error:  # A section that breaks is a mismatch; the others still have something to say.
            where = traceback.extract_tb(error.__traceback__)[-1]
            account.fail("ran to its end", f"{type(error).__name__}: {error} ({where.filename.rsplit('/', 1)[-1]}:{where.lineno})")
    report = {
        "endpoint": account.url,
        "checks": account.checks,
        "operations": dict(sorted(account.operations.items())),
        "totals": account.totals,
        "mismatches": account.mismatches,
    }
    print(json.dumps(report, indent=1, default=str))
    return 1 if account.mismatches else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
