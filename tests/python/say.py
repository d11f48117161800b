"""Log lines, as a function would.

usage: say.py URL GROUP STREAM MESSAGE-AS-JSON [LINES]

Without LINES the message, once. With it so many lines, numbered, over a few seconds: every seventh of them is late, up to
20 s, and in a stream of its own.
"""
import json, sys, time

import boto3
from botocore.exceptions import ClientError

url, group, stream, message = sys.argv[1:5]
lines = int(sys.argv[5]) if len(sys.argv) > 5 else None
logs = boto3.client("logs", endpoint_url=url)


def make(create, **names):
    try:
        create(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


def say(stream, events):
    if events:
        events.sort(key=lambda event: event["timestamp"])
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def now():
    return int(time.time() * 1000)


make(logs.create_log_group, logGroupName=group)
make(logs.create_log_stream, logGroupName=group, logStreamName=stream)
if lines is None:
    say(stream, [{"timestamp": now(), "message": json.loads(message)}])
else:
    late = stream + "-late"
    make(logs.create_log_stream, logGroupName=group, logStreamName=late)
    for begin in range(0, lines, 20):
        batch = range(begin, min(begin + 20, lines))
        text = lambda n: f"{json.loads(message)} {n}"
        say(stream, [{"timestamp": now(), "message": text(n)} for n in batch if n % 7])
        say(late, [{"timestamp": now() - 20_000 * (n % 11) // 10, "message": text(n)} for n in batch if n % 7 == 0])
        time.sleep(0.25)
