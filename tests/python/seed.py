"""Fill moto or MiniStack with a shop, and say what a right reader must find there.

usage: seed.py URL MANIFEST

Deterministic but for the time: one seeded generator, and now cut to 5 minutes. What a server does not
support is left out and listed under `skipped` in the manifest. Nothing seeded moves by itself: no event
source mapping polls and no alarm action fires, so that a total read twice is the same total.
"""
import datetime as dt, json, math, random, sys
from collections import Counter, defaultdict

import gateway, narration
from account import Account

account = Account(sys.argv[1])
R = random.Random(20261121)
MOTO = account.kind == "moto"
# moto's GetMetricData walks every stored datapoint once per query and period: give it few.
STEP, MINUTES = (5, 60) if MOTO else (1, 120)
UTC = dt.timezone.utc
wall = dt.datetime.now(UTC)
NOW = wall.replace(minute=wall.minute - wall.minute % 5, second=0, microsecond=0)
INCIDENT = (NOW - dt.timedelta(minutes=45), NOW - dt.timedelta(minutes=25))

# name, runtime, memory MB, timeout s, invocations a minute, milliseconds, error rate, log style
FUNCTIONS = [
    ("shop-prod-checkout-api",    "nodejs20.x",       512,  15,  42,  118, .006, "node"),
    ("shop-prod-orders-api",      "python3.12",       256,  10,  65,   74, .004, "powertools"),
    ("shop-prod-payments-worker", "java21",          1024,  60,  18,  640, .015, "java"),
    ("shop-prod-inventory-sync",  "python3.11",       256,  60,  12,  310, .010, "powertools"),
    ("shop-prod-image-resizer",   "nodejs18.x",      1536,  30,   6, 1450, .020, "node"),
    ("shop-prod-email-sender",    "nodejs22.x",       128,   6,  20,  210, .008, "node"),
    ("shop-prod-authorizer",      "nodejs20.x",       128,   5, 105,   14, .001, "json"),
    ("shop-prod-search-indexer",  "provided.al2023",  256,  30,  30,   36, .002, "rust"),
    ("shop-prod-nightly-report",  "python3.13",      2048, 900,   0,    0, 0,    "powertools"),
    ("shop-dev-checkout-api",     "nodejs20.x",       256,  15,   1,  190, .090, "node"),
    ("shop-prod-legacy-export",   "nodejs16.x",      3008, 300,   0,    0, 0,    "none"),
    # These two have no history: the tests invoke the one and provision the other.
    ("shop-dev-echo",             "python3.12",       128,  10,   0,    0, 0,    "none"),
    ("shop-dev-canary",           "python3.12",       128,  10,   0,    0, 0,    "none"),
]
PROVISIONED = {"shop-prod-checkout-api": 5, "shop-prod-orders-api": 10}
RESERVED = {"shop-prod-payments-worker": 20, "shop-prod-legacy-export": 0}
ALIASED = [*PROVISIONED, "shop-dev-canary"]

PYTHON = b'''import json, os
def handler(event, context):
    print(json.dumps({"level": "INFO", "message": "handled", "event": event, "secret": os.environ.get("STRIPE_SECRET_KEY", "")[:3]}))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError(str(event["fail"]))
    return {"statusCode": 200, "body": json.dumps({"ok": True, "echo": event})}
'''
NODE = b'''exports.handler = async (event) => {
  if (event && event.fail) throw new Error(String(event.fail));
  return { statusCode: 200, body: JSON.stringify({ ok: true, echo: event }) };
};
'''


def functions():
    lam = account.client("lambda")
    manifest = {}
    for name, runtime, memory, timeout, *_ in FUNCTIONS:
        python, node = runtime.startswith("python"), runtime.startswith("nodejs")
        handler = "app.handler" if python else "index.handler" if node else "com.shop.Handler" if runtime.startswith("java") else "bootstrap"
        code = account.zipped(*(("app.py", PYTHON) if python else ("index.js", NODE) if node else ("bootstrap", b"#!/bin/sh\n")))
        logging = {"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}} if name.endswith("authorizer") else {}
        account.do("lambda.create", lam.create_function, FunctionName=name, Runtime=runtime, Role=account.role, MemorySize=memory, Timeout=timeout,
                   Handler=handler, Code={"ZipFile": code}, Architectures=["arm64"], Tags={"app": "shop"}, TracingConfig={"Mode": "Active"},
                   Environment={"Variables": {"LOG_LEVEL": "INFO", "STRIPE_SECRET_KEY": "sk_test_not_a_real_key"}}, **logging)
        manifest[name] = {"runtime": runtime, "memorySize": memory, "timeout": timeout}
    for name in ALIASED:
        for what in ("first release", "second release"):
            account.do("lambda.version", lam.publish_version, FunctionName=name, Description=what)
            account.do("lambda.config", lam.update_function_configuration, FunctionName=name, Description=what + ", and on")
        account.do("lambda.alias", lam.create_alias, FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
        account.do("lambda.alias", lam.create_alias, FunctionName=name, Name="canary", FunctionVersion="2")
    for name, n in PROVISIONED.items():
        if account.do("lambda.provisioned", lam.put_provisioned_concurrency_config, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=n):
            manifest[name]["provisioned"] = {"qualifier": "live", "requested": n}
    for name, n in RESERVED.items():
        if account.do("lambda.reserved", lam.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=n):
            manifest[name]["reserved"] = n
    account.do("lambda.eventinvoke", lam.put_function_event_invoke_config, FunctionName="shop-prod-email-sender", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=900)
    account.do("lambda.url", lam.create_function_url_config, FunctionName="shop-prod-search-indexer", AuthType="NONE")
    return manifest


class Metrics:
    """Datapoints by namespace, sent in batches."""

    def __init__(self):
        self.points = defaultdict(list)

    def put(self, namespace, name, dimensions, at, unit, value=None, values=None, counts=None):
        point = dict(MetricName=name, Dimensions=[dict(Name=k, Value=v) for k, v in dimensions], Timestamp=at, Unit=unit)
        if values is None:
            point["Value"] = float(value)
        elif MOTO:  # it stores every sample of Values/Counts, and can do nothing with them
            total = sum(v * c for v, c in zip(values, counts))
            point["StatisticValues"] = dict(SampleCount=float(sum(counts)), Sum=float(total), Minimum=float(min(values)), Maximum=float(max(values)))
        else:
            point["Values"], point["Counts"] = [float(v) for v in values], [float(c) for c in counts]
        self.points[namespace].append(point)

    def send(self):
        cloudwatch = account.client("cloudwatch")
        for namespace, points in sorted(self.points.items()):
            for i in range(0, len(points), 150):
                account.do("cloudwatch.put_metric_data", cloudwatch.put_metric_data, Namespace=namespace, MetricData=points[i:i + 150])


def wave(k, minute):
    return 1 + .35 * math.sin((minute + 17 * k) / 29.0) + .1 * math.sin((minute + 5 * k) / 7.0)


def lambda_metrics(metrics, manifest):
    concurrency = Counter()
    for k, (name, runtime, memory, timeout, rate, base, error_rate, style) in enumerate(FUNCTIONS):
        total = Counter(invocations=0, errors=0, throttles=0)
        function = [("FunctionName", name)]
        for m in range(MINUTES, 0, -STEP):
            at = NOW - dt.timedelta(minutes=m)
            bad = INCIDENT[0] <= at < INCIDENT[1] and name in ("shop-prod-payments-worker", "shop-prod-checkout-api")
            invocations = int(rate * STEP * wave(k, m) + R.random()) if rate else 0
            if not invocations:
                continue
            errors = sum(R.random() < error_rate * (18 if bad else 1) for _ in range(invocations))
            throttles = int(invocations * R.uniform(.5, 1.4)) if bad and "payments" in name else 0
            values = sorted(round(base * (3.2 if bad else 1) * R.lognormvariate(0, .38), 2) for _ in range(min(invocations, 9)))
            counts = [invocations // len(values) + (j < invocations % len(values)) for j in range(len(values))]
            busy = max(1, math.ceil(invocations / STEP / 60 * base / 1000 * 2.2) + (6 if bad else 0))
            for metric, value in (("Invocations", invocations), ("Errors", errors), ("Throttles", throttles), ("ConcurrentExecutions", busy)):
                metrics.put("AWS/Lambda", metric, function, at, "Count", value)
            metrics.put("AWS/Lambda", "Duration", function, at, "Milliseconds", values=values, counts=counts)
            concurrency[at] += busy
            total.update(invocations=invocations, errors=errors, throttles=throttles)
            if name in PROVISIONED:
                alias, n = [*function, ("Resource", f"{name}:live")], PROVISIONED[name]
                spill = max(0, busy - n)
                metrics.put("AWS/Lambda", "ProvisionedConcurrencyUtilization", alias, at, "None", round(min(1.0, busy / n), 3))
                metrics.put("AWS/Lambda", "ProvisionedConcurrencyInvocations", alias, at, "Count", invocations - spill)
                metrics.put("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", alias, at, "Count", spill)
        manifest[name].update(total)
    for at, n in sorted(concurrency.items()):
        metrics.put("AWS/Lambda", "ConcurrentExecutions", [], at, "Count", n)


def gateway_metrics(metrics, apis):
    requests = Counter()
    for m in range(MINUTES, 0, -STEP):
        at = NOW - dt.timedelta(minutes=m)
        bad = INCIDENT[0] <= at < INCIDENT[1]
        for stage, share in (("prod", 1.0), ("dev", .03)):
            count = max(1, int(95 * STEP * wave(2, m) * share))
            dimensions = [("ApiName", "shop-public"), ("Stage", stage)]
            latency = sorted(round(95 * (3 if bad else 1) * R.lognormvariate(0, .4), 1) for _ in range(8))
            for metric, value in (("Count", count), ("4XXError", int(count * .02)), ("5XXError", int(count * (.08 if bad else .001)))):
                metrics.put("AWS/ApiGateway", metric, dimensions, at, "Count", value)
            metrics.put("AWS/ApiGateway", "Latency", dimensions, at, "Milliseconds", values=latency, counts=[1] * 8)
            metrics.put("AWS/ApiGateway", "IntegrationLatency", dimensions, at, "Milliseconds", values=[round(x * .9, 1) for x in latency], counts=[1] * 8)
            if stage == "prod":
                hits = int(count * .62)
                metrics.put("AWS/ApiGateway", "CacheHitCount", dimensions, at, "Count", hits)
                metrics.put("AWS/ApiGateway", "CacheMissCount", dimensions, at, "Count", count - hits)
            requests[f"shop-public {stage}"] += count
        web = [("ApiId", apis["shop-web"]), ("Stage", "$default")]
        for metric, value in (("Count", 40 * STEP), ("4xx", STEP), ("5xx", 6 * STEP if bad else 0)):
            metrics.put("AWS/ApiGateway", metric, web, at, "Count", value)
        metrics.put("AWS/ApiGateway", "Latency", web, at, "Milliseconds", values=[48, 52, 61, 95], counts=[1] * 4)
        requests["shop-web $default"] += 40 * STEP
    return requests


def alarms():
    cloudwatch = account.client("cloudwatch")
    states = {"shop-prod-payments-worker-throttles": "ALARM", "shop-prod-orders-api-errors": "OK", "shop-prod-checkout-errors": "INSUFFICIENT_DATA"}
    metric_of = {"shop-prod-payments-worker-throttles": ("Throttles", "shop-prod-payments-worker"), "shop-prod-orders-api-errors": ("Errors", "shop-prod-orders-api"),
                 "shop-prod-checkout-errors": ("Errors", "shop-prod-checkout-api")}
    for name, state in states.items():
        metric, function = metric_of[name]
        account.do("cloudwatch.alarm", cloudwatch.put_metric_alarm, AlarmName=name, Namespace="AWS/Lambda", MetricName=metric, Statistic="Sum",
                   Dimensions=[dict(Name="FunctionName", Value=function)], Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=5,
                   ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", ActionsEnabled=False)
        account.do("cloudwatch.alarm_state", cloudwatch.set_alarm_state, AlarmName=name, StateValue=state, StateReason=f"seeded as {state}")
    return states


made = functions()
apis = gateway.create(account)
metrics = Metrics()
lambda_metrics(metrics, made)
requests = gateway_metrics(metrics, apis)
metrics.send()
told = narration.tell(account, R, FUNCTIONS, NOW, INCIDENT, apis)
manifest = {"emulator": account.kind, "account": account.id, "region": account.region, "now": NOW.isoformat(), "minutes": MINUTES,
            "functions": made, "apis": apis, "requests": requests, "alarms": alarms(), **told, "skipped": account.skipped}
with open(sys.argv[2], "w") as out:
    json.dump(manifest, out, indent=1, sort_keys=True)
