"""Log one line, as a function would.

usage: say.py URL GROUP STREAM MESSAGE-AS-JSON
"""
import json, sys, time

import boto3
from botocore.exceptions import ClientError

url, group, stream, message = sys.argv[1:]
logs = boto3.client("logs", endpoint_url=url)
for create, arguments in ((logs.create_log_group, {}), (logs.create_log_stream, {"logStreamName": stream})):
    try:
        create(logGroupName=group, **arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": json.loads(message)}])
