"""X-Ray: summaries by page, filter and kind of window, documents, graphs, groups."""
import json, re

ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}\Z")


def read(account):
    xray = account.client("xray")
    start, end = account.minutes(6, 2)
    window = {"StartTime": start, "EndTime": end}
    summaries = listed(account, xray, **window)
    account.check("several pages of traces", len(summaries) > 100, len(summaries))
    for one in summaries:
        account.check("id", ID.match(one["Id"]), one["Id"])
        # Roots that began within the window may have been initialised before it.
        account.check("begins in the window", start - 15 <= one["StartTime"].timestamp() <= end, one["StartTime"])
        account.check("lasts", 0 < one["ResponseTime"] <= one["Duration"], one)
        account.check("entry", one["EntryPoint"]["Name"] in {service["Name"] for service in one["ServiceIds"]}, one["EntryPoint"])
    totals = {"traces": len(summaries), "faults": sum(one["HasFault"] for one in summaries), "errors": sum(one["HasError"] for one in summaries)}
    account.total("traces", {**totals, "start": start, "end": end})
    filters(account, xray, window, summaries)
    documents(account, xray, summaries)
    graphs(account, xray, window, summaries)
    refusals(account, xray, window)
    kinds_of_windows(account, xray, window, summaries)
    groups, _ = account.pages(xray.get_groups, "Groups", "NextToken", "NextToken", lambda group: group["GroupARN"])
    for group in groups:
        account.same("group alone", xray.get_group(GroupName=group["GroupName"])["Group"], group)
    destination = xray.get_trace_segment_destination()
    account.same("destination", (destination["Destination"], destination["Status"]), ("XRay", "ACTIVE"))
    account.check("indexing", xray.get_indexing_rules()["IndexingRules"])
    account.check("sampling", xray.get_sampling_rules()["SamplingRuleRecords"])


def listed(account, xray, **arguments):
    return account.pages(xray.get_trace_summaries, "TraceSummaries", "NextToken", "NextToken", lambda one: one["Id"], **arguments)[0]


def filters(account, xray, window, summaries):
    service = max((name for one in summaries for name in {s["Name"] for s in one["ServiceIds"] if s["Type"] == "AWS::Lambda::Function"}), key=lambda name: sum(name == s["Name"] for one in summaries for s in one["ServiceIds"]))
    has = lambda one, **wanted: any(wanted.items() <= found.items() for found in one["ServiceIds"])
    value = lambda one, key: [found["AnnotationValue"].get("StringValue") for found in one["Annotations"].get(key, [])]
    cases = {
        "fault": lambda one: one["HasFault"],
        "error = true": lambda one: one["HasError"],
        "!ok": lambda one: one["HasFault"] or one["HasError"] or one["HasThrottle"] or one.get("IsPartial"),
        "responsetime > 0.2": lambda one: one["ResponseTime"] > 0.2,
        "duration >= 0.1 AND duration < 0.5": lambda one: 0.1 <= one["Duration"] < 0.5,
        "http.method = \"POST\"": lambda one: one["Http"].get("HttpMethod") == "POST",
        "http.url CONTAINS \"/catalog/\" OR http.status >= 500": lambda one: "/catalog/" in one["Http"].get("HttpURL", "") or one["Http"].get("HttpStatus", 0) >= 500,
        "annotation.customer_tier = \"gold\"": lambda one: "gold" in value(one, "customer_tier"),
        f"service(\"{service}\")": lambda one: has(one, Name=service),
        f"service(id(name: \"{service}\", type: \"AWS::Lambda\"))": lambda one: has(one, Name=service, Type="AWS::Lambda"),
        "group.name = \"slow-or-failing\"": lambda one: one["HasFault"] or one["ResponseTime"] > 2,
        "user CONTAINS \"\"": lambda one: bool(one["Users"]),
    }
    for expression, picks in cases.items():
        found = {one["Id"] for one in listed(account, xray, FilterExpression=expression, **window)}
        expected = {one["Id"] for one in summaries if picks(one)}
        account.check(expression, found == expected, f"too many {sorted(found - expected)[:3]}, too few {sorted(expected - found)[:3]}")


def documents(account, xray, summaries):
    wanted = [one for one in summaries if one["HasFault"]][:10] + summaries[:10]
    for at in range(0, len(wanted), 5):
        known = {one["Id"]: one for one in wanted[at:at + 5]}
        answer = xray.batch_get_traces(TraceIds=list(known))
        account.same("every trace is there", {trace["Id"] for trace in answer["Traces"]}, set(known))
        for trace in answer["Traces"]:
            documents_of(account, trace, known[trace["Id"]])
    absent = "1-5f000000-" + "0" * 24
    account.same("an unknown trace", xray.batch_get_traces(TraceIds=[absent])["UnprocessedTraceIds"], [absent])


def documents_of(account, trace, summary):
    segments = [json.loads(segment["Document"]) for segment in trace["Segments"]]
    account.same("ids", [segment["Id"] for segment in trace["Segments"]], [segment["id"] for segment in segments])
    parts = {}
    for segment in segments:
        stack = [segment]
        while stack:
            part = stack.pop()
            account.check("part is complete", part["name"] and (part.get("in_progress") or part["end_time"] >= part["start_time"]), part)
            parts[part["id"]] = part
            stack += part.get("subsegments", [])
    account.check("parents are there", all(segment["parent_id"] in parts for segment in segments if "parent_id" in segment), trace["Id"])
    roots = [segment for segment in segments if "parent_id" not in segment]
    account.same("fault of the root", bool(roots[0].get("fault")), summary["HasFault"])
    ended = [segment["end_time"] for segment in segments if "end_time" in segment]
    whole = max(ended) - min(segment["start_time"] for segment in segments)
    account.check("duration", abs(whole - trace["Duration"]) < 0.002 and abs(trace["Duration"] - summary["Duration"]) < 0.002, (whole, trace["Duration"], summary["Duration"]))
    if summary["HasFault"] and not any(segment.get("inferred") for segment in roots):
        account.check("something says why", any("cause" in part or part.get("http", {}).get("response", {}).get("status", 0) >= 500 for part in parts.values()), trace["Id"])


def graphs(account, xray, window, summaries):
    services, _ = account.pages(xray.get_service_graph, "Services", "NextToken", "NextToken", lambda one: one["ReferenceId"], **window)
    references = {one["ReferenceId"] for one in services}
    account.check("edges lead to services", all(edge["ReferenceId"] in references for one in services for edge in one["Edges"]))
    for one in services:
        if one["Type"] not in ("AWS::Lambda::Function", "AWS::ApiGateway::Stage"):
            continue
        counts = one["SummaryStatistics"]
        account.same("counts add up", counts["OkCount"] + counts["ErrorStatistics"]["TotalCount"] + counts["FaultStatistics"]["TotalCount"], counts["TotalCount"])
        account.same("histogram adds up", sum(entry["Count"] for entry in one["ResponseTimeHistogram"]), counts["TotalCount"])
        touched = sum(any(found["Name"] == one["Name"] and found["Type"] == one["Type"] for found in summary["ServiceIds"]) for summary in summaries)
        account.check(f"{one['Name']} on the graph", counts["TotalCount"] >= touched > 0, (counts["TotalCount"], touched))
    ids = [one["Id"] for one in summaries[:3]]
    account.check("graph of traces", xray.get_trace_graph(TraceIds=ids)["Services"])
    series = xray.get_time_series_service_statistics(Period=60, EntitySelectorExpression="service(id(type: \"AWS::ApiGateway::Stage\"))", **window)["TimeSeriesServiceStatistics"]
    stages = sum(one["SummaryStatistics"]["TotalCount"] for one in services if one["Type"] == "AWS::ApiGateway::Stage")
    account.same("series of the stages", sum(entry["ServiceSummaryStatistics"]["TotalCount"] for entry in series), stages)


def refusals(account, xray, window):
    bad = account.refuses("InvalidRequestException", xray.get_trace_summaries, FilterExpression="ok AND falt", **window)
    account.check("says where", "position 7" in str(bad), bad)
    long = {"StartTime": window["EndTime"] - 6 * 3600 - 1, "EndTime": window["EndTime"]}
    account.refuses("InvalidRequestException", xray.get_trace_summaries, **long)
    account.refuses("InvalidRequestException", xray.get_service_graph, **long)
    account.refuses("InvalidRequestException", xray.get_trace_summaries, NextToken="made-up", **window)
    account.refuses("InvalidRequestException", xray.batch_get_traces, TraceIds=["1-5f000000-" + "0" * 24] * 6)
    account.refuses("InvalidRequestException", xray.batch_get_traces, TraceIds=["not-a-trace"])
    # Transaction Search is off: its calls are refused.
    ids = ["1-5f000000-" + "0" * 24]
    account.refuses("InvalidRequestException", xray.start_trace_retrieval, TraceIds=ids, **window)
    for call in (xray.list_retrieved_traces, xray.get_retrieved_traces_graph, xray.cancel_trace_retrieval):
        account.refuses("InvalidRequestException", call, RetrievalToken="made-up")


def kinds_of_windows(account, xray, window, summaries):
    ended = listed(account, xray, TimeRangeType="Event", **window)
    account.check("updated in the window", all(window["StartTime"] <= one["MatchedEventTime"].timestamp() <= window["EndTime"] for one in ended))
    part = listed(account, xray, Sampling=True, SamplingStrategy={"Name": "FixedRate", "Value": 0.3}, **window)
    account.check("a sample is a part", 0 < len(part) < len(summaries) and {one["Id"] for one in part} <= {one["Id"] for one in summaries}, len(part))
