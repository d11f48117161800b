"""One account of one server: its clients, and calls that may be unsupported there."""
import io, json, urllib.error, urllib.request, zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


class Account:
    region = "us-east-1"

    def __init__(self, url):
        self.url, self.skipped, self._clients = url.rstrip("/"), {}, {}
        if not self.url.startswith("http://127.0.0.1:"):
            raise SystemExit("refusing to seed what is not on 127.0.0.1")
        self.session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=self.region)
        self.kind = "moto" if self._status("/moto-api/config") in (200, 201) else "ministack" if self._status("/_ministack/health") == 200 else "unknown"
        self.id = self.client("sts").get_caller_identity()["Account"]
        self.role = f"arn:aws:iam::{self.id}:role/shop-lambda"
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        self.do("iam.role", self.client("iam").create_role, RoleName="shop-lambda", AssumeRolePolicyDocument=json.dumps(trust))

    def _status(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def client(self, service):
        if service not in self._clients:
            config = Config(retries={"max_attempts": 0}, read_timeout=120, inject_host_prefix=False)
            self._clients[service] = self.session.client(service, endpoint_url=self.url, config=config)
        return self._clients[service]

    def do(self, label, call, **arguments):
        """The answer, or None when the server can't: remembered under the label, so that tests see what was left out."""
        try:
            return call(**arguments)
        except ClientError as error:
            reason = f"{error.response['ResponseMetadata'].get('HTTPStatusCode')} {error.response['Error'].get('Code')}"
        except BotoCoreError as error:
            reason = f"{type(error).__name__}: {error}"
        self.skipped.setdefault(label, reason)
        return None

    def function(self, name):
        return f"arn:aws:lambda:{self.region}:{self.id}:function:{name}"

    @staticmethod
    def zipped(name, body):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo(name, date_time=(2026, 11, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, body)
        return out.getvalue()
