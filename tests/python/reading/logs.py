"""CloudWatch Logs: groups, streams, patterns, queries, the live tail."""
import json, threading, time


def read(account):
    logs = account.client("logs")
    groups, pages = account.pages(logs.describe_log_groups, "logGroups", "nextToken", "nextToken", lambda group: group["logGroupName"], limit=5)
    account.check("pages of groups", pages >= len(groups) / 5, (pages, len(groups)))
    account.total("logGroups", len(groups))
    logs.list_tags_for_resource(resourceArn=groups[0]["arn"].removesuffix(":*"))
    names = [group["logGroupName"] for group in groups]
    account.check("in the order of their names", names == sorted(names), names[:5])
    some = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/c")["logGroups"]
    account.same("by prefix", [one["logGroupName"] for one in some], [name for name in names if name.startswith("/aws/lambda/c")])
    busy = "/aws/lambda/checkout-api" if "/aws/lambda/checkout-api" in names else names[0]
    start, end = account.minutes(8, 3)
    window = {"startTime": start * 1000, "endTime": end * 1000}
    events(account, logs, busy, window)
    patterns(account, logs, busy, window)
    insights(account, logs, busy, start, end)
    tail(account, logs, next(group for group in groups if group["logGroupName"] == busy))
    account.refuses("ResourceNotFoundException", logs.filter_log_events, logGroupName="/nowhere")
    account.refuses("ResourceNotFoundException", logs.describe_log_streams, logGroupName="/nowhere")
    account.refuses("InvalidParameterException", logs.filter_log_events, logGroupName=busy, filterPattern="{ $.a = ")
    account.refuses("InvalidParameterException", logs.filter_log_events, logGroupName=busy, nextToken="made-up")


def filtered(account, logs, group, pattern=None, **window):
    more = {"filterPattern": pattern} if pattern else {}
    found, _ = account.pages(logs.filter_log_events, "events", "nextToken", "nextToken", lambda event: event["eventId"], logGroupName=group, **more, **window)
    return found


def events(account, logs, group, window):
    every = filtered(account, logs, group, **window)
    account.check("lines", len(every) > 20, len(every))
    account.total("linesOfGroup", {"group": group, "lines": len(every), **window})
    account.check("in the window", all(window["startTime"] <= one["timestamp"] <= window["endTime"] for one in every))
    account.check("in the order of time", [one["timestamp"] for one in every] == sorted(one["timestamp"] for one in every))
    small, pages = account.pages(logs.filter_log_events, "events", "nextToken", "nextToken", lambda event: event["eventId"], logGroupName=group, limit=7, **window)
    account.same("pages of seven hold the same", [one["eventId"] for one in small], [one["eventId"] for one in every])
    streams, _ = account.pages(logs.describe_log_streams, "logStreams", "nextToken", "nextToken", lambda stream: stream["logStreamName"], logGroupName=group, limit=5)
    account.check("streams of the lines", {one["logStreamName"] for one in every} <= {stream["logStreamName"] for stream in streams}, len(streams))
    latest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=5)["logStreams"]
    last = [stream.get("lastEventTimestamp", 0) for stream in latest]
    account.check("the latest streams first", last == sorted(last, reverse=True), last)
    stream = max({one["logStreamName"] for one in every}, key=lambda name: sum(one["logStreamName"] == name for one in every))
    expected = [(one["timestamp"], one["message"]) for one in every if one["logStreamName"] == stream and one["timestamp"] < window["endTime"]]
    found, arguments = [], dict(logGroupName=group, logStreamName=stream, startFromHead=True, limit=10, **window)
    while True:
        answer = logs.get_log_events(**arguments)
        found += [(one["timestamp"], one["message"]) for one in answer["events"]]
        if answer["nextForwardToken"] == arguments.get("nextToken"):
            break
        arguments["nextToken"] = answer["nextForwardToken"]
        if len(found) > 20000:
            account.fail("get_log_events ends", len(found))
            break
    account.same("one stream, line by line", found, expected)


def patterns(account, logs, group, window):
    every = filtered(account, logs, group, **window)
    documents = {}
    for one in every:
        try:
            documents[one["eventId"]] = json.loads(one["message"])
        except ValueError:
            pass
    cases = {
        '"RequestId"': lambda one: "RequestId" in one["message"],
        '?ERROR ?REPORT': lambda one: "ERROR" in one["message"] or "REPORT" in one["message"],
        '{ $.level = "ERROR" }': lambda one: documents.get(one["eventId"], {}).get("level") == "ERROR",
        '{ $.type = "platform.report" && $.record.metrics.durationMs > 100 }': lambda one: documents.get(one["eventId"], {}).get("type") == "platform.report" and documents[one["eventId"]]["record"]["metrics"]["durationMs"] > 100,
        '{ $.type = "platform.*" }': lambda one: str(documents.get(one["eventId"], {}).get("type", "")).startswith("platform."),
        '{ $.level NOT EXISTS }': lambda one: one["eventId"] in documents and "level" not in documents[one["eventId"]],
    }
    for pattern, picks in cases.items():
        found = {one["eventId"] for one in filtered(account, logs, group, pattern, **window)}
        account.same(pattern, len(found), len({one["eventId"] for one in every if picks(one)}))


def insights(account, logs, group, start, end):
    def run(text):
        id = logs.start_query(logGroupName=group, startTime=start, endTime=end, queryString=text)["queryId"]
        answer = account.until(f"query {text}", 20, lambda: (lambda one: one if one["status"] == "Complete" else None)(logs.get_query_results(queryId=id)))
        return [{field["field"]: field["value"] for field in row} for row in (answer or {}).get("results", [])]

    rows = run("fields @timestamp, @message, @logStream | sort @timestamp desc | limit 20")
    account.same("twenty rows", len(rows), 20)
    times = [row["@timestamp"] for row in rows]
    account.check("newest first", times == sorted(times, reverse=True), times[:3])
    counted = run("filter @message like /RequestId|requestId/ | stats count(*) as lines by bin(1m)")
    by_hand = [one for one in filtered(account, logs, group, startTime=start * 1000, endTime=end * 1000) if "RequestId" in one["message"] or "requestId" in one["message"]]
    account.same("counted by the minute", sum(int(float(row["lines"])) for row in counted), len(by_hand))
    account.refuses("MalformedQueryException", logs.start_query, logGroupName=group, startTime=start, endTime=end, queryString="fields @timestamp | frobnicate")
    asked = account.pages(logs.describe_queries, "queries", "nextToken", "nextToken", lambda one: one["queryId"], logGroupName=group, maxResults=2)[0]
    account.check("queries are remembered", len(asked) >= 2, asked)
    account.refuses("ResourceNotFoundException", logs.get_query_results, queryId="00000000-0000-0000-0000-000000000000")
    id = logs.start_query(logGroupName=group, startTime=start, endTime=end, queryString="fields @message")["queryId"]
    try:
        logs.stop_query(queryId=id)
    except logs.exceptions.InvalidParameterException:
        pass  # It was over before it could be stopped.
    account.checks += 1


def tail(account, logs, group):
    """A session starts at once and updates every second; its lines are also found by FilterLogEvents."""
    arn = group["logGroupArn"] if "logGroupArn" in group else group["arn"].removesuffix(":*")
    stream = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
    kinds, lines = [], []
    closing = threading.Timer(15, stream.close)
    closing.start()
    began = time.time()
    try:
        for event in stream:
            kinds += event
            lines += event.get("sessionUpdate", {}).get("sessionResults", [])
            if len(kinds) > 4 and (lines or time.time() - began > 10):
                break
    finally:
        closing.cancel()
        stream.close()
    account.same("the first frame", kinds[:1], ["sessionStart"])
    account.check("updates follow", kinds[1:].count("sessionUpdate") >= 3, kinds)
    if not lines:
        return
    span = {"startTime": min(one["timestamp"] for one in lines), "endTime": max(one["timestamp"] for one in lines)}
    stored = {(one["timestamp"], one["message"]) for one in filtered(account, logs, group["logGroupName"], **span)}
    account.check("lines of the tail are stored", all((one["timestamp"], one["message"]) in stored for one in lines), lines[:1])
