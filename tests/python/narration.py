"""What the shop's functions said (CloudWatch Logs) and how their requests went (X-Ray)."""
import datetime as dt, json, math
from collections import Counter

STEPS = ["order loaded", "cart priced", "stock reserved", "payment authorised", "event published"]
TRACED = ("shop-prod-checkout-api", "shop-prod-orders-api", "shop-prod-payments-worker")


class Narrator:
    def __init__(self, account, generator, apis):
        self.account, self.R, self.apis = account, generator, apis
        self.segments, self.traces, self.events = [], [], {}

    def hexs(self, n):
        return "".join(self.R.choice("0123456789abcdef") for _ in range(n))

    def uuid(self):
        h = self.hexs(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def trace(self, name, at, milliseconds, request, fault, cold):
        """API Gateway stage -> Lambda service -> Lambda function, which asks DynamoDB and a payment provider."""
        s, d = at.timestamp(), milliseconds / 1000
        trace, stage, service, function = f"1-{int(s):08x}-{self.hexs(24)}", self.hexs(16), self.hexs(16), self.hexs(16)
        arn = self.account.function(name)
        bad = dict(fault=True) if fault else {}  # moto takes the mere mention for a yes
        status = dict(response=dict(status=502 if fault else 200))
        self.segments.append(dict(trace_id=trace, id=stage, name="shop-public/prod", origin="AWS::ApiGateway::Stage", start_time=s, end_time=s + d + .012, **bad,
                                  http=dict(request=dict(method="POST", url="https://api.shop.example/v1/checkout"), **status)))
        self.segments.append(dict(trace_id=trace, id=service, parent_id=stage, name=name, origin="AWS::Lambda", start_time=s + .003, end_time=s + d + .010, **bad,
                                  http=dict(response=dict(status=200)), aws=dict(function_arn=arn, resource_names=[name], request_id=request)))
        inner = [dict(id=self.hexs(16), name="DynamoDB", namespace="aws", start_time=s + .010, end_time=s + .010 + d * .2, aws=dict(operation="GetItem", table_name="shop-orders")),
                 dict(id=self.hexs(16), name="payments.provider.example", namespace="remote", start_time=s + .012 + d * .2, end_time=s + d * .95, **bad,
                      http=dict(request=dict(method="POST", url="https://payments.provider.example/charges"), response=dict(status=504 if fault else 201)))]
        segment = dict(trace_id=trace, id=function, parent_id=service, name=name, origin="AWS::Lambda::Function", start_time=s + .005, end_time=s + d + .008, **bad,
                       subsegments=inner, annotations=dict(tenant="acme", cold_start=cold), metadata=dict(default=dict(orderId="o-4711")), aws=dict(function_arn=arn))
        if fault:
            segment["cause"] = dict(exceptions=[dict(id=self.hexs(16), type="PaymentTimeout", message="provider did not answer in 3000 ms", stack=[dict(path="app.py", line=87, label="charge")])])
        self.segments.append(segment)
        self.traces.append(dict(id=trace, fault=fault, function=name, startTime=at.isoformat(), duration=round(d + .012, 6)))
        return trace

    def said(self, name, style, version, request, at, took, fail, cold, trace, memory, timeout):
        """The lines of one invocation, as (milliseconds after its start, text)."""
        used, init = int(memory * self.R.uniform(.22, .58)), self.R.uniform(180, 950)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
        if style == "json":
            yield 0, json.dumps(dict(time=stamp, type="platform.start", record=dict(requestId=request, version=version)))
            yield took / 2, json.dumps(dict(timestamp=stamp, level="ERROR" if fail else "INFO", requestId=request, message="token rejected" if fail else "token accepted"))
            numbers = dict(durationMs=round(took, 3), billedDurationMs=math.ceil(took), memorySizeMB=memory, maxMemoryUsedMB=used, **({"initDurationMs": round(init, 3)} if cold else {}))
            yield took, json.dumps(dict(time=stamp, type="platform.report", record=dict(requestId=request, status="error" if fail else "success", metrics=numbers)))
            return
        yield 0, f"START RequestId: {request} Version: {version}\n"
        if style == "powertools":
            for j, step in enumerate(STEPS[:2 + int(took) % 4]):
                yield took * (.1 + .2 * j), json.dumps(dict(level="INFO", location=f"handler:{30 + 9 * j}", message=step, timestamp=stamp, service=name, cold_start=cold, function_request_id=request, xray_trace_id=trace)) + "\n"
            if fail:
                yield took * .9, json.dumps(dict(level="ERROR", location="charge:87", message="payment provider timed out", timestamp=stamp, function_request_id=request, exception_name="PaymentTimeout")) + "\n"
                yield took * .95, '[ERROR] PaymentTimeout: provider did not answer in 3000 ms\nTraceback (most recent call last):\n  File "/var/task/app.py", line 87, in charge\n    raise PaymentTimeout()\n'
        elif style == "node":
            yield took * .2, f"{stamp}\t{request}\tINFO\tprocessing o-{self.R.randint(1000, 9999)} items={self.R.randint(1, 9)}\n"
            if fail:
                yield took * .9, f"{stamp}\t{request}\tERROR\tInvoke Error \t" + json.dumps(dict(errorType="TypeError", errorMessage="Cannot read properties of undefined (reading 'price')", stack=["TypeError: Cannot read properties of undefined (reading 'price')", "    at total (/var/task/index.js:52:27)"])) + "\n"
        elif style == "java":
            yield took * .3, f"{at:%H:%M:%S}.000 [main] INFO  com.shop.PaymentsHandler - charging o-{self.R.randint(1000, 9999)}\n"
            if fail:
                yield took * .8, "java.net.SocketTimeoutException: Read timed out\n\tat com.shop.PaymentsHandler.charge(PaymentsHandler.java:64)\n"
        else:
            yield took * .3, json.dumps(dict(timestamp=stamp, level="INFO", fields=dict(message="indexed document", took_ms=round(took * .4, 2)), target="indexer")) + "\n"
        yield took, f"END RequestId: {request}\n"
        report = f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\tBilled Duration: {math.ceil(took)} ms\tMemory Size: {memory} MB\tMax Memory Used: {used} MB\t"
        yield took, report + (f"Init Duration: {init:.2f} ms\t" if cold else "") + f"\nXRAY TraceId: {trace}\tSegmentId: {self.hexs(16)}\tSampled: true\t\n"

    def stream(self, group, start, end, style, function, incident):
        """One environment's life: its first invocation is cold, the others follow it."""
        name, runtime, memory, timeout, rate, base, error_rate, _ = function
        logs, do = self.account.client("logs"), self.account.do
        stream, events, at = f"{start:%Y/%m/%d}/[$LATEST]{self.hexs(32)}", [], start
        for q in range(24):
            at += dt.timedelta(seconds=self.R.uniform(20, 100))
            bad = incident[0] <= at < incident[1] and name in ("shop-prod-payments-worker", "shop-prod-checkout-api")
            took = (base or 900) * (3 if bad else 1) * self.R.lognormvariate(0, .35)
            fail = self.R.random() < max(error_rate * 4, .02) * (6 if bad else 1)
            if at + dt.timedelta(milliseconds=took) >= end:
                break
            request = self.uuid()
            trace = self.trace(name, at, took, request, fail, q == 0) if name in TRACED and q % 3 == 0 else f"1-{int(at.timestamp()):08x}-{self.hexs(24)}"
            for offset, text in self.said(name, style, "$LATEST", request, at, took, fail, q == 0, trace, memory, timeout):
                events.append(dict(timestamp=int(at.timestamp() * 1000 + offset), message=text))
        events.sort(key=lambda e: e["timestamp"])
        do("logs.stream", logs.create_log_stream, logGroupName=group, logStreamName=stream)
        do("logs.put", logs.put_log_events, logGroupName=group, logStreamName=stream, logEvents=events)
        return events


def tell(account, generator, functions, now, incident, apis):
    """Logs of the last hour for each function that has a style, traces of three of them; what to expect, for the manifest."""
    narrator, logs = Narrator(account, generator, apis), account.client("logs")
    groups = {}
    for function in functions:
        name, style = function[0], function[-1]
        if style == "none":
            continue
        group = f"/aws/lambda/{name}"
        account.do("logs.group", logs.create_log_group, logGroupName=group)
        account.do("logs.retention", logs.put_retention_policy, logGroupName=group, retentionInDays=14)
        events = []
        for s in range(3):
            events += narrator.stream(group, now - dt.timedelta(minutes=55 - 17 * s), now, style, function, incident)
        levels = Counter("ERROR" in e["message"] for e in events)
        groups[group] = {"events": len(events), "withERROR": levels[True], "first": min(e["timestamp"] for e in events), "last": max(e["timestamp"] for e in events)}
    xray = account.client("xray")
    documents = [json.dumps(s) for s in narrator.segments]
    for i in range(0, len(documents), 15):
        account.do("xray.put", xray.put_trace_segments, TraceSegmentDocuments=documents[i:i + 15])
    return {"logGroups": groups, "traces": narrator.traces}
