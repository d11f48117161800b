"""Every function's Invocations, Errors and Throttles of the last 75 minutes, minute by minute, as boto3 reads them.

usage: minutes.py URL > {"function": {"Invocations": {"epoch seconds": value}}}
"""
import datetime as dt, json, sys

import boto3
from botocore.config import Config

session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")


def client(service):
    return session.client(service, endpoint_url=sys.argv[1], config=Config(retries={"max_attempts": 0}))


pages = client("lambda").get_paginator("list_functions").paginate()
names = [function["FunctionName"] for page in pages for function in page["Functions"]]
metrics = ["Invocations", "Errors", "Throttles"]
end = dt.datetime.now(dt.timezone.utc).replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
answer = {name: {metric: {} for metric in metrics} for name in names}
queries = [(name, metric) for name in names for metric in metrics]
for i in range(0, len(queries), 500):  # GetMetricData takes 500 queries
    asked = [
        dict(Id=f"q{j}", MetricStat=dict(Stat="Sum", Period=60, Metric=dict(Namespace="AWS/Lambda", MetricName=metric, Dimensions=[dict(Name="FunctionName", Value=name)])))
        for j, (name, metric) in enumerate(queries[i:i + 500])
    ]
    paginator = client("cloudwatch").get_paginator("get_metric_data")
    for page in paginator.paginate(MetricDataQueries=asked, StartTime=end - dt.timedelta(minutes=75), EndTime=end):
        for result in page["MetricDataResults"]:
            name, metric = queries[i + int(result["Id"][1:])]
            for at, value in zip(result["Timestamps"], result["Values"]):
                answer[name][metric][int(at.timestamp())] = value
json.dump(answer, sys.stdout)
