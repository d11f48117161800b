"""Transaction Search: the log group of spans, retrievals in both forms, and what X-Ray itself still lists."""
import collections, json, time

from .traces import listed

GROUP = "aws/spans"


def read(account):
    xray, logs = account.client("xray"), account.client("logs")
    destination = xray.get_trace_segment_destination()
    account.same("destination", (destination["Destination"], destination["Status"]), ("CloudWatchLogs", "ACTIVE"))
    groups = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    account.same("the group", [group["logGroupName"] for group in groups], [GROUP])
    start, end = account.minutes(4, 2)
    spans = logged(account, logs, start, end)
    account.check("spans", len(spans) > 300, len(spans))
    for span in spans:
        well_formed(account, span)
    queried(account, logs, start, end, spans)
    retrieved(account, xray, start, end, spans)
    indexed(account, xray, start, end, spans)
    sampled(account, xray)
    switches(account, xray)


def logged(account, logs, start, end):
    """What was sent in a window and has ended, by the spans' own times."""
    events, _ = account.pages(logs.filter_log_events, "events", "nextToken", "nextToken", lambda event: event["eventId"], logGroupName=GROUP, startTime=start * 1000, endTime=end * 1000)
    records = [json.loads(event["message"]) for event in events]
    begun = [one for one in records if one["endTimeUnixNano"] is None]
    account.check("what has begun is told", begun and all(one["attributes"]["aws.xray.inprogress"] is True for one in begun), len(begun))
    account.same("one stream", {event["logStreamName"] for event in events}, {"default"})
    ended = [one for one in records if one["endTimeUnixNano"] is not None]
    twice = [key for key, count in collections.Counter(one["spanId"] for one in ended).items() if count > 1]
    account.check("each span ends once", not twice, twice[:5])
    return ended


def well_formed(account, span):
    hexadecimal = lambda text, length: len(text) == length and not set(text) - set("0123456789abcdef")
    account.check("ids", hexadecimal(span["traceId"], 32) and hexadecimal(span["spanId"], 16) and ("parentSpanId" not in span or hexadecimal(span["parentSpanId"], 16)), span)
    account.check("times", span["startTimeUnixNano"] <= span["endTimeUnixNano"] and span["durationNano"] == span["endTimeUnixNano"] - span["startTimeUnixNano"], span)
    account.check("words", span["kind"] in ("SERVER", "CLIENT", "INTERNAL") and span["status"]["code"] in ("UNSET", "ERROR"), span)
    failed = any(span["attributes"].get(f"aws.xray.{word}") for word in ("fault", "error", "throttle"))
    account.same("an error is one", span["status"]["code"] == "ERROR", failed)
    known = "service.name" in span["resource"].get("attributes", {})
    account.check("its service", known == (span["attributes"]["aws.local.service"] != "UnknownService"), span)


def queried(account, logs, start, end, spans):
    stages = [span for span in spans if span["attributes"].get("aws.xray.origin") == "AWS::ApiGateway::Stage"]
    text = 'filter attributes.aws.xray.origin = "AWS::ApiGateway::Stage" and ispresent(durationNano) | stats count(*) as n, max(durationNano) as longest by resource.attributes.service.name as service, attributes.http.status_code as status'
    query = logs.start_query(logGroupName=GROUP, startTime=start, endTime=end, queryString=text)["queryId"]
    answer = account.until("the query is complete", 60, lambda: (lambda one: one if one["status"] == "Complete" else None)(logs.get_query_results(queryId=query)))
    rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
    found = {(row["service"], row["status"]): int(row["n"]) for row in rows}
    name = lambda span: (span["resource"]["attributes"]["service.name"], str(span["attributes"]["http.status_code"]))
    account.same("Insights counts them", found, dict(collections.Counter(map(name, stages))))


def retrieved(account, xray, start, end, spans):
    by_trace = collections.defaultdict(dict)
    for span in spans:
        by_trace[span["traceId"]][span["spanId"]] = span
    # Whole ones: their root is in the window, and not in its last half minute.
    whole = [trace for trace, found in by_trace.items() if any("parentSpanId" not in one and one["startTimeUnixNano"] < (end - 30) * 1e9 for one in found.values())][:12]
    xray_id = lambda trace: f"1-{trace[:8]}-{trace[8:]}"
    ids = [xray_id(trace) for trace in whole[:11]] + whole[11:]
    token = xray.start_trace_retrieval(TraceIds=ids, StartTime=start, EndTime=end)["RetrievalToken"]
    seen = []
    while not seen or seen[-1] != "COMPLETE":
        answer = xray.list_retrieved_traces(RetrievalToken=token, TraceFormat="OTEL")
        seen.append(answer["RetrievalStatus"])
        account.check("nothing before the end", answer["RetrievalStatus"] == "COMPLETE" or not answer["Traces"], answer)
        time.sleep(0.1)
    account.same("first it is scheduled", seen[0], "SCHEDULED")
    pages = lambda form: account.pages(xray.list_retrieved_traces, "Traces", "NextToken", "NextToken", lambda one: one["Id"], RetrievalToken=token, TraceFormat=form)
    otel, count = pages("OTEL")
    account.same("pages of five", (len(otel), count), (12, 3))
    for trace, asked in zip(otel, ids):
        account.same("by the id that was asked for", trace["Id"], asked)
        mine = by_trace[asked.removeprefix("1-").replace("-", "")]
        documents = {one["Id"]: json.loads(one["Document"]) for one in trace["Spans"]}
        account.check("a retrieved span is the logged one", all(documents.get(key) == span for key, span in mine.items()), asked)
    segments, _ = pages("XRAY")
    for trace, other in zip(segments, otel):
        account.same("both last as long", trace["Duration"], other["Duration"])
        spans_of = {one["Id"]: json.loads(one["Document"]) for one in other["Spans"]}
        for segment in (json.loads(one["Document"]) for one in trace["Spans"]):
            if segment.get("inferred"):
                continue
            span = spans_of[segment["id"]]
            account.check("both begin", abs(span["startTimeUnixNano"] / 1e9 - segment["start_time"]) < 1e-5, (span, segment))
            account.same("both fail", bool(span["attributes"].get("aws.xray.fault")), bool(segment.get("fault")))
    graph, _ = account.pages(xray.get_retrieved_traces_graph, "Services", "NextToken", "NextToken", lambda one: one["Service"]["ReferenceId"], RetrievalToken=token)
    account.check("a graph of them", len(graph) > 3, len(graph))
    cancelled = xray.start_trace_retrieval(TraceIds=ids[:1], StartTime=start, EndTime=end)["RetrievalToken"]
    xray.cancel_trace_retrieval(RetrievalToken=cancelled)
    account.same("cancelled", xray.list_retrieved_traces(RetrievalToken=cancelled)["RetrievalStatus"], "CANCELLED")
    for call in (xray.list_retrieved_traces, xray.get_retrieved_traces_graph, xray.cancel_trace_retrieval):
        account.refuses("ResourceNotFoundException", call, RetrievalToken="made-up")
    account.refuses("InvalidRequestException", xray.start_trace_retrieval, TraceIds=["made-up"], StartTime=start, EndTime=end)


def indexed(account, xray, start, end, spans):
    shown = {one["Id"].removeprefix("1-").replace("-", "") for one in listed(account, xray, StartTime=start, EndTime=end)}
    roots = {span["traceId"] for span in spans if "parentSpanId" not in span}
    account.check("few are indexed", len(shown) * 10 < len(roots), (len(shown), len(roots)))
    hidden = [f"1-{trace[:8]}-{trace[8:]}" for trace in sorted(roots - shown)[:5]]
    account.same("the others are not in X-Ray", sorted(xray.batch_get_traces(TraceIds=hidden)["UnprocessedTraceIds"]), sorted(hidden))


def sampled(account, xray):
    rules, _ = account.pages(xray.get_sampling_rules, "SamplingRuleRecords", "NextToken", "NextToken", lambda one: one["SamplingRule"]["RuleName"])
    names = {one["SamplingRule"]["RuleName"] for one in rules}
    counts, _ = account.pages(xray.get_sampling_statistic_summaries, "SamplingStatisticSummaries", "NextToken", "NextToken", lambda one: (one["RuleName"], one["Timestamp"]))
    account.check("each counts for a rule", {one["RuleName"] for one in counts} <= names and len(counts) > 30, len(counts))
    account.check("no more are sampled than came", all(0 <= one["SampledCount"] <= one["RequestCount"] for one in counts))
    account.check("the default takes all", all(one["SampledCount"] == one["RequestCount"] for one in counts if one["RuleName"] == "Default"))


def switches(account, xray):
    rule = xray.update_indexing_rule(Name="Default", Rule={"Probabilistic": {"DesiredSamplingPercentage": 7.5}})["IndexingRule"]
    account.same("the rule is changed", xray.get_indexing_rules()["IndexingRules"], [rule])
    account.same("to that", rule["Rule"]["Probabilistic"]["DesiredSamplingPercentage"], 7.5)
    account.refuses("ResourceNotFoundException", xray.update_indexing_rule, Name="Other", Rule={"Probabilistic": {"DesiredSamplingPercentage": 7.5}})
    back = xray.update_trace_segment_destination(Destination="XRay")
    account.same("on the way back", (back["Destination"], back["Status"]), ("XRay", "PENDING"))
