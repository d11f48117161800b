"""CloudWatch over each of its three protocols: the same answers from all."""
import datetime

PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")
STATISTICS = ("SampleCount", "Average", "Minimum", "Maximum", "Sum", "p50", "p90", "p99")


def query(id, metric, statistic, namespace="AWS/Lambda", period=60, **dimensions):
    listed = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    metric = {"Namespace": namespace, "MetricName": metric, "Dimensions": listed}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}


def data(account, client, queries, start, end, **more):
    """By query id: label, times and values of all pages, oldest first."""
    results, _ = account.pages(client.get_metric_data, "MetricDataResults", "NextToken", "NextToken", MetricDataQueries=queries,
                               StartTime=moment(start), EndTime=moment(end), **more)
    series = {}
    for result in results:
        account.check("status", result["StatusCode"] in ("Complete", "PartialData"), result["StatusCode"])
        series.setdefault(result["Id"], {}).update(zip(result["Timestamps"], result["Values"]))
    return {id: sorted(points.items()) for id, points in series.items()}


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def total(points):
    return sum(value for _, value in points)


def read(account):
    answers = {}
    for protocol in PROTOCOLS:
        client = account.client("cloudwatch", protocol)
        answers[protocol] = everything(account, client, protocol)
    for protocol in PROTOCOLS[1:]:
        for part, found in answers[protocol].items():
            account.check(f"{part} over {protocol} as over {PROTOCOLS[0]}", found == answers[PROTOCOLS[0]][part], str(found)[:300])


def everything(account, client, protocol):
    start, end = account.minutes(60, 10)
    metrics, pages = account.pages(client.list_metrics, "Metrics", "NextToken", "NextToken", identity_of_metric)
    account.check("metrics come in pages", pages > 1 or len(metrics) < 500, (pages, len(metrics)))
    spaces = {metric["Namespace"] for metric in metrics}
    account.check("namespaces", {"AWS/Lambda", "AWS/ApiGateway"} <= spaces, spaces)
    names = {metric["MetricName"] for metric in metrics if metric["Namespace"] == "AWS/Lambda"}
    account.check("metrics of Lambda", {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"} <= names, names)
    named = client.list_metrics(Namespace="AWS/Lambda", MetricName="Errors", Dimensions=[{"Name": "FunctionName"}])["Metrics"]
    functions = sorted({one["Dimensions"][0]["Value"] for one in named if len(one["Dimensions"]) == 1})
    account.total("functionsWithMetrics", len(functions))
    busy = "checkout-api" if "checkout-api" in functions else functions[0]

    queries = [query(f"q{at}", "Duration", statistic, FunctionName=busy) for at, statistic in enumerate(STATISTICS)]
    queries += [query(metric.lower(), metric, "Sum", FunctionName=busy) for metric in ("Invocations", "Errors", "Throttles")]
    queries += [query("fleet", "Invocations", "Sum"), query("nothing", "NoSuchMetric", "Sum", FunctionName=busy)]
    series = data(account, client, queries, start, end)
    for at, (time, count) in enumerate(series["q0"]):
        low, middle, high, most = (dict(series[id])[time] for id in ("q2", "q5", "q7", "q3"))
        account.check("percentiles in order", low <= middle <= high <= most, (low, middle, high, most))
    account.same("duration is counted by invocation", total(series["q0"]), total(series["invocations"]))
    account.check("the fleet is more than one", total(series["fleet"]) > total(series["invocations"]) > 0, (total(series["fleet"]), total(series["invocations"])))
    account.same("an unknown metric has no values", series.get("nothing"), [])
    account.check("within the window", all(moment(start) <= time < moment(end) for points in series.values() for time, _ in points))
    for id in ("fleet", "invocations", "errors", "throttles"):
        account.total(f"{id}LastHour", total(series[id]))
    coarse = data(account, client, [query("coarse", "Invocations", "Sum", period=600, FunctionName=busy)], end - 2400 - (end % 600), end - (end % 600))
    fine = data(account, client, [query("fine", "Invocations", "Sum", FunctionName=busy)], end - 2400 - (end % 600), end - (end % 600))
    account.same("ten minutes are ten minutes", total(coarse["coarse"]), total(fine["fine"]))
    paged = data(account, client, queries, start, end, MaxDatapoints=100, ScanBy="TimestampAscending")
    account.check("small pages hold the same", paged == series, {id: (len(paged.get(id, [])), len(points)) for id, points in series.items()})
    newest = client.get_metric_data(MetricDataQueries=queries[:1], StartTime=moment(start), EndTime=moment(end))["MetricDataResults"][0]["Timestamps"]
    account.check("newest first by itself", newest == sorted(newest, reverse=True), newest[:3])
    insights = {"Id": "top", "Period": 300, "Expression": 'SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 5'}
    top = client.get_metric_data(MetricDataQueries=[insights], StartTime=moment(start), EndTime=moment(end))["MetricDataResults"]
    account.check("five worst functions", 0 < len(top) <= 5 and {one["Label"] for one in top} <= set(functions), [one["Label"] for one in top])

    alarms, _ = account.pages(client.describe_alarms, "MetricAlarms", "NextToken", "NextToken", lambda alarm: alarm["AlarmName"], MaxRecords=2, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    account.total("alarms", {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms})
    ok = client.describe_alarms(StateValue="OK")["MetricAlarms"]
    account.same("alarms by state", {one["AlarmName"] for one in ok}, {one["AlarmName"] for one in alarms if one["StateValue"] == "OK"})
    history, _ = account.pages(client.describe_alarm_history, "AlarmHistoryItems", "NextToken", "NextToken", MaxRecords=10)
    account.check("history is of alarms", {one["AlarmName"] for one in history} <= {alarm["AlarmName"] for alarm in alarms}, history[:2])
    refusals(account, client, start, end, protocol)
    return {
        "metrics": sorted(map(identity_of_metric, metrics)),
        "series": series,
        "top": [(one["Label"], one["Values"]) for one in top],
        "alarms": [(alarm["AlarmName"], alarm["StateValue"], alarm["Threshold"], alarm["Period"]) for alarm in alarms],
    }


def identity_of_metric(metric):
    return metric["Namespace"], metric["MetricName"], tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))


def refusals(account, client, start, end, protocol):
    window = {"StartTime": moment(start), "EndTime": moment(end)}
    one = query("a", "Errors", "Sum")
    try:
        client.get_metric_data(MetricDataQueries=[{**one, "Id": f"q{n}"} for n in range(501)], **window)
        account.fail("500 queries are the most", protocol)
    except client.exceptions.ClientError as error:
        account.check("500 queries are the most", error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response)
    for what, wrong in {"twice one id": [one, one], "a capital id": [{**one, "Id": "Bad"}]}.items():
        try:
            client.get_metric_data(MetricDataQueries=wrong, **window)
            account.fail(what, f"taken over {protocol}")
        except client.exceptions.ClientError as error:
            account.check(what, "Validation" in error.response["Error"]["Code"] or "InvalidParameter" in error.response["Error"]["Code"], error.response["Error"])
    try:
        client.list_metrics(NextToken="made-up")
        account.fail("a made-up token", f"taken over {protocol}")
    except client.exceptions.ClientError as error:
        account.check("a made-up token", error.response["Error"]["Code"].startswith("InvalidParameterValue"), error.response["Error"])
