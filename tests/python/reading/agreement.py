"""What the services say of the same minutes: metrics, log lines, traces and API requests must agree."""
import json, re

from .logs import filtered
from .metrics import data, query, total
from .traces import listed

# One window long past, so that late lines are there and long invocations have ended; one in the midst of what the scenario provokes.
WINDOWS = {"past": (50, 35), "present": (8, 3)}
# An invocation of the window may end as much later as the longest time-out is long.
LONGEST = 900


def read(account):
    for when, (begin, end) in WINDOWS.items():
        agree(account, when, *account.minutes(begin, end))


def agree(account, when, start, end):
    client, logs = account.client("lambda"), account.client("logs")
    functions = account.pages(client.list_functions, "Functions", "Marker", "NextMarker")[0]
    counted = metrics(account, [one["FunctionName"] for one in functions], start, end)
    seen = {}
    for one in functions:
        name = one["FunctionName"]
        narrated = narrations(account, logs, one, start, end)
        failed = sum(outcome not in ("success", None) for outcome in narrated.values())
        running = sum(outcome is None for outcome in narrated.values())
        seen[name] = narrated
        account.same(f"invocations of {name}: started in its log, counted by the metric", len(narrated), counted[name]["Invocations"])
        if when == "past":
            account.same(f"invocations of {name} without a report", running, 0)
        # What still runs may end badly; the metric counts it by its start.
        errors = counted[name]["Errors"]
        account.check(f"errors of {name}: failed in its log, counted by the metric", failed <= errors <= failed + running, (failed, errors, running))
    account.totals.setdefault("agreement", {})[when] = {"start": start, "end": end, "functions": counted}
    fleet = data(account, account.client("cloudwatch"), [query(metric.lower(), metric, "Sum") for metric in ("Invocations", "Errors", "Throttles")], start, end)
    for metric in ("Invocations", "Errors", "Throttles"):
        account.same(f"{metric} of the fleet", total(fleet[metric.lower()]), sum(one[metric] for one in counted.values()))
    traces(account, seen, start, end)
    requests(account, when, start, end)


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
    """In a faulted trace and in a good one, each run of a function ended as its log says."""
    xray = account.client("xray")
    window = {"StartTime": start, "EndTime": end}
    faulted = listed(account, xray, FilterExpression='service(id(type: "AWS::Lambda::Function")) { fault }', **window)
    good = listed(account, xray, FilterExpression='ok AND !service() { fault }', **window)
    account.check("a trace is good or faulted", not {one["Id"] for one in faulted} & {one["Id"] for one in good})
    compared = 0
    for some in (faulted[:60], good[:20]):
        for at in range(0, len(some), 5):
            for trace in xray.batch_get_traces(TraceIds=[one["Id"] for one in some[at:at + 5]])["Traces"]:
                for name, request, fault in runs_of(trace):
                    outcome = seen[name].get(request)
                    compared += outcome is not None
                    account.check(f"trace and log of {name} agree", outcome is None or fault == (outcome != "success"), (trace["Id"], request, fault, outcome))
    account.check("traces were found in logs", compared >= 5, compared)


def runs_of(trace):
    """(function, request id, fault) of each run in a trace."""
    segments = [json.loads(segment["Document"]) for segment in trace["Segments"]]
    services = {one["id"]: one for one in segments if one.get("origin") == "AWS::Lambda"}
    for one in segments:
        if one.get("origin") == "AWS::Lambda::Function" and one.get("parent_id") in services:
            yield one["name"], services[one["parent_id"]]["aws"]["request_id"], bool(one.get("fault"))


def messages(account, logs, group, start, end):
    """The lines of a group, by whichever way its class grants."""
    window = {"startTime": start * 1000, "endTime": end * 1000}
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if next(one for one in described if one["logGroupName"] == group)["logGroupClass"] == "STANDARD":
        return [line["message"] for line in filtered(account, logs, group, **window)]
    account.refuses("InvalidOperationException", logs.filter_log_events, logGroupName=group, **window)
    id = logs.start_query(logGroupName=group, startTime=start, endTime=end, queryString="fields @message | limit 10000")["queryId"]
    complete = lambda one: one if one["status"] == "Complete" else None
    answer = account.until(f"query over {group}", 20, lambda: complete(logs.get_query_results(queryId=id)))
    return [cell["value"] for row in (answer or {}).get("results", []) for cell in row if cell["field"] == "@message"]


def requests(account, when, start, end):
    """Count and 5XXError of each stage, against its access log."""
    gateway, logs = account.client("apigateway"), account.client("logs")
    for api in gateway.get_rest_apis(limit=500)["items"]:
        for stage in gateway.get_stages(restApiId=api["id"])["item"]:
            named = {"ApiName": api["name"], "Stage": stage["stageName"]}
            queries = [query(id, metric, "Sum", namespace="AWS/ApiGateway", **named) for id, metric in (("count", "Count"), ("faults", "5XXError"), ("errors", "4XXError"))]
            series = data(account, account.client("cloudwatch"), queries, start, end)
            counted = {id: int(total(series.get(id, []))) for id in ("count", "faults", "errors")}
            account.totals.setdefault("stageRequests", {}).setdefault(when, {})[f"{api['name']}/{stage['stageName']}"] = counted
            account.check("errors are requests", counted["faults"] + counted["errors"] <= counted["count"], counted)
            arn = stage.get("accessLogSettings", {}).get("destinationArn")
            if not arn:
                continue
            # A line is written when the request ends, and counted when it began.
            lines = [json.loads(line) for line in messages(account, logs, arn.split(":log-group:")[1], start, end + 60)]
            mine = [line for line in lines if line["stage"] == stage["stageName"] and start * 1000 <= line["requestTimeEpoch"] < end * 1000]
            statuses = [int(line["status"]) for line in mine]
            account.same(f"requests of {named}: access log and Count", len(statuses), counted["count"])
            account.same(f"faults of {named}: access log and 5XXError", sum(status >= 500 for status in statuses), counted["faults"])
