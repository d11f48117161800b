"""The account under test: clients, pages, and the list of what did not match."""
import collections, time

import boto3, botocore.model
from botocore.config import Config
from botocore.exceptions import ClientError

# The order in which botocore prefers protocols; the first that a service has is spoken.
PROTOCOLS = botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS


class Account:
    region = "eu-west-1"

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.section, self.checks, self.mismatches = "", 0, []
        self.operations, self.totals, self._clients = collections.Counter(), {}, {}
        # One "now" for all, so that every section speaks of the same windows.
        self.now = time.time()

    def client(self, service, protocol=None):
        """A client; `protocol` is one of CloudWatch's three."""
        key = (service, protocol)
        if key not in self._clients:
            first = (protocol,) if protocol else ()
            botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = first + tuple(p for p in PROTOCOLS if p not in first)
            session = boto3.Session(aws_access_key_id="AKIDREADER", aws_secret_access_key="secret", region_name=self.region)
            config = Config(retries={"max_attempts": 0}, read_timeout=60, inject_host_prefix=False)
            client = session.client(service, endpoint_url=self.url, config=config)
            if protocol and client.meta.service_model.resolved_protocol != protocol:
                self.fail(f"speaks {protocol}", client.meta.service_model.resolved_protocol)
            client.meta.events.register("before-call", self._count)
            self._clients[key] = client
            botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = PROTOCOLS
        return self._clients[key]

    def _count(self, model, **_):
        self.operations[f"{model.service_model.service_name}:{model.name}"] += 1

    def check(self, what, true, detail=""):
        self.checks += 1
        if not true:
            self.mismatches.append({"section": self.section, "check": what, "detail": str(detail)[:800]})
        return bool(true)

    def fail(self, what, detail):
        self.check(what, False, detail)

    def same(self, what, found, expected):
        return self.check(what, found == expected, f"found {found!r}, expected {expected!r}")

    def total(self, name, value):
        self.totals[name] = value

    def pages(self, call, items, sent, received, identity=None, **arguments):
        """Every item of every page. No token twice, no item twice by its identity."""
        found, tokens, arguments = [], set(), dict(arguments)
        while True:
            answer = call(**arguments)
            found += answer.get(items) or []
            token = answer.get(received)
            if not token:
                break
            if not self.check(f"{call.__name__} hands out new tokens", token not in tokens, token):
                break
            tokens.add(token)
            arguments[sent] = token
        if identity:
            seen = collections.Counter(identity(item) for item in found)
            twice = [key for key, count in seen.items() if count > 1]
            self.check(f"{call.__name__} lists nothing twice", not twice, twice[:5])
        return found, len(tokens) + 1

    def refuses(self, code, call, **arguments):
        """The modelled error of that name comes back."""
        try:
            call(**arguments)
        except ClientError as error:
            self.same(f"{call.__name__} says {code}", error.response["Error"]["Code"], code)
            modelled = getattr(call.__self__.exceptions, code, None)
            if modelled is not None:
                self.check(f"{code} is the modelled one", isinstance(error, modelled), type(error))
            return error.response
        self.fail(f"{call.__name__} says {code}", "it succeeded")
        return {}

    def until(self, what, seconds, ready):
        """Asks until the answer is there; the account has its own pace."""
        deadline = time.time() + seconds
        while time.time() < deadline:
            answer = ready()
            if answer:
                self.checks += 1
                return answer
            time.sleep(0.5)
        self.fail(what, f"not within {seconds} s")
        return None

    def minutes(self, begin, end):
        """A window of whole minutes, so many of them ago."""
        minute = int(self.now // 60) * 60
        return minute - begin * 60, minute - end * 60
