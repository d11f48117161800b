"""What the services say of the same minutes: metrics, log lines, traces and API requests must agree."""
import json, re

from .logs import filtered
from .metrics import data, query, total
from .traces import listed

# A window long past, so that late lines are there and long invocations have ended.
BEGIN, END = 50, 35
# An invocation of the window may end as much later as the longest time-out is long.
LONGEST = 900


def read(account):
    start, end = account.minutes(BEGIN, END)
    client, logs = account.client("lambda"), account.client("logs")
    functions = account.pages(client.list_functions, "Functions", "Marker", "NextMarker")[0]
    counted = metrics(account, [one["FunctionName"] for one in functions], start, end)
    seen = {}
    for one in functions:
        name = one["FunctionName"]
        narrated = narrations(account, logs, one, start, end)
        failed = {request for request, outcome in narrated.items() if outcome != "success"}
        seen[name] = narrated
        account.same(f"invocations of {name}: started in its log, counted by the metric", len(narrated), counted[name]["Invocations"])
        account.same(f"errors of {name}: failed in its log, counted by the metric", len(failed), counted[name]["Errors"])
        account.check(f"every invocation of {name} has its report", None not in narrated.values(), [request for request, outcome in narrated.items() if outcome is None][:3])
    account.total("agreement", {"start": start, "end": end, "functions": counted})
    fleet = data(account, account.client("cloudwatch"), [query(metric.lower(), metric, "Sum") for metric in ("Invocations", "Errors", "Throttles")], start, end)
    for metric in ("Invocations", "Errors", "Throttles"):
        account.same(f"{metric} of the fleet", total(fleet[metric.lower()]), sum(one[metric] for one in counted.values()))
    traces(account, seen, start, end)
    requests(account, start, end)


def metrics(account, names, start, end):
    kinds = ("Invocations", "Errors", "Throttles")
    counted = {}
    # GetMetricData takes 500 queries.
    for at in range(0, len(names), 150):
        part = names[at:at + 150]
        queries = [query(f"q{place}_{metric.lower()}", metric, "Sum", FunctionName=name) for place, name in enumerate(part) for metric in kinds]
        series = data(account, account.client("cloudwatch"), queries, start, end)
        for place, name in enumerate(part):
            counted[name] = {metric: int(total(series.get(f"q{place}_{metric.lower()}", []))) for metric in kinds}
    return counted


def narrations(account, logs, function, start, end):
    """Outcome by request id, for invocations that began in the window; None where no report was found."""
    name, logging = function["FunctionName"], function["LoggingConfig"]
    group, shared = logging["LogGroup"], not logging["LogGroup"].endswith("/" + name)
    mine = lambda event: not shared or f"/{name}[" in event["logStreamName"]
    window = {"startTime": start * 1000, "endTime": end * 1000 - 1}
    later = {"startTime": start * 1000, "endTime": (end + LONGEST) * 1000}
    outcomes = {}
    if logging["LogFormat"] == "JSON":
        for event in filtered(account, logs, group, '{ $.type = "platform.start" }', **window):
            if mine(event):
                outcomes[json.loads(event["message"])["record"]["requestId"]] = None
        for event in filtered(account, logs, group, '{ $.type = "platform.report" }', **later):
            record = json.loads(event["message"])["record"]
            if record["requestId"] in outcomes:
                outcomes[record["requestId"]] = record["status"]
        return outcomes
    for event in filtered(account, logs, group, '"START RequestId:"', **window):
        if mine(event):
            outcomes[re.match(r"START RequestId: (\S+)", event["message"])[1]] = None
    for event in filtered(account, logs, group, '"REPORT RequestId:"', **later):
        request = re.match(r"REPORT RequestId: (\S+)", event["message"])[1]
        if request in outcomes:
            status = re.search(r"\tStatus: (\w+)", event["message"])
            outcomes[request] = status[1] if status else "success"
    return outcomes


def traces(account, seen, start, end):
    """Every faulted function segment is a failed invocation, and every failed traced one is faulted."""
    xray = account.client("xray")
    window = {"StartTime": start, "EndTime": end}
    for name, narrated in seen.items():
        expression = f'service(id(name: "{name}", type: "AWS::Lambda::Function"))'
        every = listed(account, xray, FilterExpression=expression, **window)
        faulted = listed(account, xray, FilterExpression=expression + " { fault }", **window)
        account.check(f"faulted traces of {name} are among its traces", {one["Id"] for one in faulted} <= {one["Id"] for one in every}, name)
        for at in range(0, min(len(faulted), 20), 5):
            for trace in xray.batch_get_traces(TraceIds=[one["Id"] for one in faulted[at:at + 5]])["Traces"]:
                for request, fault in requests_of(trace, name):
                    outcome = narrated.get(request)
                    account.check(f"trace and log of {name} agree", outcome is None or fault == (outcome != "success"), (trace["Id"], request, fault, outcome))


def requests_of(trace, name):
    """(request id, fault) of each run of the function in a trace."""
    segments = [json.loads(segment["Document"]) for segment in trace["Segments"]]
    services = {one["id"]: one for one in segments if one.get("origin") == "AWS::Lambda"}
    for one in segments:
        if one.get("origin") == "AWS::Lambda::Function" and one["name"] == name and one.get("parent_id") in services:
            yield services[one["parent_id"]]["aws"]["request_id"], bool(one.get("fault"))


def requests(account, start, end):
    """Count and 5XXError of each stage, against its access log."""
    gateway, logs = account.client("apigateway"), account.client("logs")
    for api in gateway.get_rest_apis(limit=500)["items"]:
        for stage in gateway.get_stages(restApiId=api["id"])["item"]:
            named = {"ApiName": api["name"], "Stage": stage["stageName"]}
            queries = [query(id, metric, "Sum", namespace="AWS/ApiGateway", **named) for id, metric in (("count", "Count"), ("faults", "5XXError"), ("errors", "4XXError"))]
            series = data(account, account.client("cloudwatch"), queries, start, end)
            counted = {id: int(total(series.get(id, []))) for id in ("count", "faults", "errors")}
            account.totals.setdefault("stageRequests", {})[f"{api['name']}/{stage['stageName']}"] = counted
            account.check("errors are requests", counted["faults"] + counted["errors"] <= counted["count"], counted)
            arn = stage.get("accessLogSettings", {}).get("destinationArn")
            if not arn:
                continue
            # A line is written when the request ends, and counted when it began.
            lines = filtered(account, logs, arn.split(":log-group:")[1], startTime=start * 1000, endTime=(end + 60) * 1000)
            lines = [json.loads(line["message"]) for line in lines]
            mine = [line for line in lines if line["stage"] == stage["stageName"] and start * 1000 <= line["requestTimeEpoch"] < end * 1000]
            statuses = [int(line["status"]) for line in mine]
            account.same(f"requests of {named}: access log and Count", len(statuses), counted["count"])
            account.same(f"faults of {named}: access log and 5XXError", sum(status >= 500 for status in statuses), counted["faults"])
