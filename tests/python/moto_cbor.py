"""moto on a free port of 127.0.0.1, plus the CloudWatch protocol that the Rust SDK speaks.

aws-sdk-cloudwatch for Rust speaks only Smithy RPC v2 CBOR
(POST /service/GraniteServiceVersion20100801/operation/<Op>, application/cbor);
moto 5.2.5 answers 404 (HTML) to that.  This front rewrites such a request to the
AWS JSON 1.0 form that moto does understand and its answer back to CBOR, typed by
botocore's own CloudWatch model.  Percentile queries, on which moto answers 500 for the
whole batch, are answered with no data.  GetTraceSummaries says `Users: {}` where the model has
a list, on which the Rust SDK gives up the whole answer.  Everything else passes through untouched.

Prints `listening on URL`, ends when stdin does; Lambda without docker.
"""
import lifeline

lifeline.attach()

import base64, datetime as dt, gzip, io, json, re

import botocore.session
import cbor2
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

PATH = re.compile(r"^/service/([A-Za-z0-9_]+)/operation/([A-Za-z0-9]+)$")
CLOUDWATCH = botocore.session.get_session().get_service_model("cloudwatch")


def to_json(o):
    if isinstance(o, dict):
        return {k: to_json(v) for k, v in o.items()}
    if isinstance(o, (list, tuple)):
        return [to_json(v) for v in o]
    if isinstance(o, dt.datetime):
        return o.timestamp()
    if isinstance(o, (bytes, bytearray)):
        return base64.b64encode(o).decode()
    return o


def typed(shape, v):
    """JSON value -> the CBOR value the model calls for (tag 1 timestamps, real doubles, byte strings)."""
    if v is None or shape is None:
        return None
    t = shape.type_name
    if t == "structure":
        return {k: typed(shape.members[k], x) for k, x in v.items() if k in shape.members and x is not None}
    if t == "list":
        return [typed(shape.member, x) for x in v]
    if t == "map":
        return {k: typed(shape.value, x) for k, x in v.items()}
    if t == "timestamp":
        if isinstance(v, (int, float)):
            return dt.datetime.fromtimestamp(v, dt.timezone.utc)
        return dt.datetime.fromisoformat(str(v).replace("Z", "+00:00"))
    if t in ("double", "float"):
        return float(v)
    if t in ("integer", "long"):
        return int(v)
    if t == "boolean":
        return v if isinstance(v, bool) else str(v).lower() == "true"
    if t == "blob":
        return base64.b64decode(v)
    return v if isinstance(v, str) else str(v)


def drop_percentiles(asked):
    """moto dies (500) on a percentile and takes the whole batch with it: ask for the rest, answer those with no data."""
    simple = {"SampleCount", "Sum", "Average", "Minimum", "Maximum"}
    keep, unmet = [], []
    for q in asked.get("MetricDataQueries", []):
        stat = q.get("MetricStat", {}).get("Stat")
        if stat is None or stat in simple:
            keep.append(q)
        else:
            unmet.append({"Id": q["Id"], "Label": q.get("Label", q["Id"]), "Timestamps": [], "Values": [], "StatusCode": "Complete"})
    asked["MetricDataQueries"] = keep
    return unmet


class Front:
    def __init__(self, app):
        self.app = app

    def __call__(self, env, start_response):
        if env.get("PATH_INFO") == "/TraceSummaries":
            return self.summaries(env, start_response)
        m = PATH.match(env.get("PATH_INFO", ""))
        if not m or m.group(1) != CLOUDWATCH.metadata["targetPrefix"] or env.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
            return self.app(env, start_response)
        return self.cbor(m, env, start_response)

    def ask(self, env):
        """moto's whole answer: status, headers, body."""
        seen = {}
        def capture(status, headers, exc_info=None):
            seen.update(status=status, headers=headers)
            return lambda b: None
        answer = self.app(env, capture)
        data = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return seen["status"], seen["headers"], data

    def summaries(self, env, start_response):
        status, headers, data = self.ask(env)
        if status.startswith("2"):
            document = json.loads(data)
            for summary in document.get("TraceSummaries", []):
                summary["Users"] = []
            data = json.dumps(document).encode()
        start_response(status, [(k, v) for k, v in headers if k.lower() != "content-length"] + [("Content-Length", str(len(data)))])
        return [data]

    def cbor(self, m, env, start_response):
        target, op = m.groups()
        raw = env["wsgi.input"].read(int(env.get("CONTENT_LENGTH") or 0))
        if env.get("HTTP_CONTENT_ENCODING", "").lower() == "gzip":
            raw = gzip.decompress(raw)
            env.pop("HTTP_CONTENT_ENCODING")
        asked = to_json(cbor2.loads(raw) if raw else {})
        unmet = drop_percentiles(asked) if op == "GetMetricData" else []
        body = json.dumps(asked).encode()
        env.update({"PATH_INFO": "/", "REQUEST_URI": "/", "RAW_URI": "/", "CONTENT_TYPE": "application/x-amz-json-1.0",
                    "HTTP_X_AMZ_TARGET": f"{target}.{op}", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)})
        env.pop("HTTP_SMITHY_PROTOCOL", None)
        env.pop("HTTP_ACCEPT", None)
        try:
            status, headers, data = self.ask(env)
        except Exception as e:  # moto lets NotImplementedError and its own bugs fly through its Flask app
            status, headers = "501 Not Implemented" if isinstance(e, NotImplementedError) else "500 Internal Server Error", []
            data = json.dumps({"__type": "InternalFailure", "message": f"{type(e).__name__}: {e}"}).encode()
        if status.startswith("2"):
            shape = CLOUDWATCH.operation_model(op).output_shape
            got = json.loads(data or b"{}")
            if unmet:
                got.setdefault("MetricDataResults", []).extend(unmet)
            out = typed(shape, got) if shape is not None else {}
        else:
            try:
                e = json.loads(data)
                out = {"__type": e.get("__type", "InternalFailure"), "message": e.get("message") or e.get("Message") or ""}
            except ValueError:
                text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", data.decode("utf8", "replace"))).strip()
                out = {"__type": "InternalFailure", "message": text[:200]}
        payload = cbor2.dumps(out or {}, datetime_as_timestamp=True)
        keep = [(k, v) for k, v in headers if k.lower().startswith("x-amz")]
        start_response(status, keep + [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"),
                                       ("Content-Length", str(len(payload)))])
        return [payload]


if __name__ == "__main__":
    default_user_config["lambda"] = {"use_docker": False}
    front = Front(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=MotoRequestHandler)
    lifeline.listening(server.port)
    server.serve_forever()
