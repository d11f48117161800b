"""Lambda and STS: functions, versions, limits, invocations, provisioned concurrency. Changes what it reads, so it comes last."""
import base64, json, time, urllib.request


def read(account):
    identity = account.client("sts").get_caller_identity()
    account.check("twelve digits", identity["Account"].isdigit() and len(identity["Account"]) == 12, identity)
    client = account.client("lambda")
    functions, pages = account.pages(client.list_functions, "Functions", "Marker", "NextMarker", lambda one: one["FunctionName"], MaxItems=7)
    account.check("pages of seven", pages >= len(functions) / 7, (pages, len(functions)))
    settings = client.get_account_settings()
    account.same("the account counts its functions", settings["AccountUsage"]["FunctionCount"], len(functions))
    account.total("functions", sorted(one["FunctionName"] for one in functions))
    for one in functions[:60]:
        function(account, client, one)
    mappings, _ = account.pages(client.list_event_source_mappings, "EventSourceMappings", "Marker", "NextMarker", lambda one: one["UUID"], MaxItems=2)
    names = {one["FunctionArn"] for one in functions}
    account.check("mappings feed functions", all(one["FunctionArn"] in names for one in mappings), mappings[:1])
    for one in mappings:
        account.same("mapping alone", client.get_event_source_mapping(UUID=one["UUID"])["EventSourceArn"], one["EventSourceArn"])
    account.refuses("ResourceNotFoundException", client.get_event_source_mapping, UUID="00000000-0000-0000-0000-000000000000")
    account.refuses("ResourceNotFoundException", client.get_function, FunctionName="nosuch")
    account.refuses("ResourceNotFoundException", client.list_aliases, FunctionName="nosuch")
    account.refuses("InvalidParameterValueException", client.list_functions, Marker="made-up")
    with_alias = next(one["FunctionName"] for one in functions if client.list_aliases(FunctionName=one["FunctionName"])["Aliases"])
    invoke(account, client, with_alias)
    reserve(account, client, with_alias)
    provision(account, client, with_alias)
    move_alias(account, client, with_alias)
    weigh_alias(account, client)
    policies(account, client, functions)
    versions_differ(account, client)
    packages_and_letters(account, client)
    urls(account, client)
    scaled(account, client)
    switch(account, client)
    limit(account, client)
    conflicts(account, client)
    refusals(account, client)
    # Very last, as it takes a function away.
    deleted(account, client)


def function(account, client, listed):
    name = listed["FunctionName"]
    alone = client.get_function_configuration(FunctionName=name)
    account.check(f"{name} alone", all(alone.get(key) == value for key, value in listed.items()), name)
    whole = client.get_function(FunctionName=listed["FunctionArn"])
    account.same(f"{name} by its ARN", whole["Configuration"]["FunctionArn"], listed["FunctionArn"])
    account.same(f"tags of {name}", client.list_tags(Resource=listed["FunctionArn"])["Tags"], whole.get("Tags", {}))
    reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    account.same(f"reserved for {name}", reserved, whole.get("Concurrency", {}).get("ReservedConcurrentExecutions"))
    versions, _ = account.pages(client.list_versions_by_function, "Versions", "Marker", "NextMarker", lambda one: one["Version"], FunctionName=name, MaxItems=2)
    account.same("first version", versions[0]["Version"], "$LATEST")
    configs, _ = account.pages(client.list_provisioned_concurrency_configs, "ProvisionedConcurrencyConfigs", "Marker", "NextMarker", FunctionName=name, MaxItems=1)
    provisioned = {config["FunctionArn"].rsplit(":", 1)[1]: config for config in configs}
    for alias in client.list_aliases(FunctionName=name)["Aliases"]:
        account.same("alias alone", client.get_alias(FunctionName=name, Name=alias["Name"])["RevisionId"], alias["RevisionId"])
        account.check("alias of a version", alias["FunctionVersion"] in {one["Version"] for one in versions}, alias)
        if alias["Name"] in provisioned:
            config = client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=alias["Name"])
            account.same(f"provisioned for {name}:{alias['Name']}", config["RequestedProvisionedConcurrentExecutions"], provisioned[alias["Name"]]["RequestedProvisionedConcurrentExecutions"])
        else:
            account.refuses("ProvisionedConcurrencyConfigNotFoundException", client.get_provisioned_concurrency_config, FunctionName=name, Qualifier=alias["Name"])
    configs = client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    urls = client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    # Most functions have none of these; the list knows which.
    for call, listed in ((client.get_function_event_invoke_config, configs), (client.get_function_url_config, urls)):
        if listed:
            account.check(f"{call.__name__} of {name}", call(FunctionName=name))
        else:
            account.refuses("ResourceNotFoundException", call, FunctionName=name)


def invoke(account, client, name):
    answer = client.invoke(FunctionName=name, LogType="Tail", Payload=json.dumps({"cart": "c-1"}))
    tail = base64.b64decode(answer["LogResult"]).decode()
    request = answer["ResponseMetadata"]["RequestId"]
    account.same("answered", answer["StatusCode"], 200)
    account.check("the tail is of this very invocation", request in tail and ("REPORT RequestId" in tail or "platform.report" in tail), tail)
    account.check("the version that ran", answer["ExecutedVersion"] == "$LATEST", answer.get("ExecutedVersion"))
    if "FunctionError" not in answer:
        json.loads(answer["Payload"].read())
    live = client.invoke(FunctionName=name, Qualifier="live", Payload=b"{}")
    account.check("an alias runs its version", live["ExecutedVersion"].isdigit(), live["ExecutedVersion"])
    account.same("taken", client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")["StatusCode"], 202)
    account.same("dry run", client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"], 204)
    account.refuses("InvalidRequestContentException", client.invoke, FunctionName=name, Payload=b"{ not json")
    account.refuses("ResourceNotFoundException", client.invoke, FunctionName="nosuch")
    account.refuses("ResourceNotFoundException", client.invoke, FunctionName=name, Qualifier="nosuch")
    logs, group = account.client("logs"), client.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    since = int((time.time() - 120) * 1000)
    pages = logs.get_paginator("filter_log_events")  # the first pages may be empty
    found = lambda: [event for page in pages.paginate(logGroupName=group, startTime=since, filterPattern=f'"{request}"') for event in page["events"]]
    account.until("the invocation reaches its log", 45, found)


def reserve(account, client, name):
    before = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    account.same("reserved", client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)["ReservedConcurrentExecutions"], 0)
    error = account.refuses("TooManyRequestsException", client.invoke, FunctionName=name)
    account.same("for that reason", error.get("Reason"), "ReservedFunctionConcurrentInvocationLimitExceeded")
    account.check("when to come back", error["ResponseMetadata"]["HTTPHeaders"].get("retry-after", "").isdigit(), error)
    client.delete_function_concurrency(FunctionName=name)
    account.check("released", "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name))
    if before is not None:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)
    account.refuses("InvalidParameterValueException", client.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=100_000)


def provision(account, client, name):
    where = {"FunctionName": name, "Qualifier": "live"}
    try:
        before = client.get_provisioned_concurrency_config(**where)["RequestedProvisionedConcurrentExecutions"]
    except client.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        before = None
    wanted = (before or 0) + 3
    put = client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=wanted, **where)
    account.same("in progress", (put["Status"], put["RequestedProvisionedConcurrentExecutions"]), ("IN_PROGRESS", wanted))
    ready = account.until("provisioned", 60, lambda: (lambda one: one if one["Status"] == "READY" else None)(client.get_provisioned_concurrency_config(**where)))
    account.same("available", (ready or {}).get("AvailableProvisionedConcurrentExecutions"), wanted)
    client.delete_provisioned_concurrency_config(**where)
    account.refuses("ProvisionedConcurrencyConfigNotFoundException", client.get_provisioned_concurrency_config, **where)
    account.refuses("InvalidParameterValueException", client.put_provisioned_concurrency_config, FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1)
    if before:
        client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=before, **where)


def move_alias(account, client, name):
    alias = next(one for one in client.list_aliases(FunctionName=name)["Aliases"] if one["Name"] == "live")
    versions = [one["Version"] for one in client.list_versions_by_function(FunctionName=name)["Versions"] if one["Version"] != "$LATEST"]
    other = next(version for version in versions if version != alias["FunctionVersion"])
    moved = client.update_alias(FunctionName=name, Name="live", FunctionVersion=other, RoutingConfig={"AdditionalVersionWeights": {}})
    account.same("moved", moved["FunctionVersion"], other)
    account.check("a new revision", moved["RevisionId"] != alias["RevisionId"], moved["RevisionId"])
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    back = client.update_alias(FunctionName=name, Name="live", FunctionVersion=alias["FunctionVersion"], RoutingConfig={"AdditionalVersionWeights": weights})
    account.same("moved back", back["FunctionVersion"], alias["FunctionVersion"])
    account.refuses("ResourceNotFoundException", client.update_alias, FunctionName=name, Name="nosuch", FunctionVersion=other)


def weigh_alias(account, client):
    """Shifts some of the traffic to another version, and all of it back."""
    where = {"FunctionName": "orders-api", "Name": "live"}
    before = client.get_alias(**where)
    weights = before.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    main = before["FunctionVersion"]
    other = next(one["Version"] for one in client.list_versions_by_function(FunctionName="orders-api")["Versions"] if one["Version"] not in ("$LATEST", main))
    shifted = client.update_alias(RoutingConfig={"AdditionalVersionWeights": {other: 0.25}}, RevisionId=before["RevisionId"], **where)
    account.same("shifted", shifted["RoutingConfig"]["AdditionalVersionWeights"], {other: 0.25})
    account.same("the main version stays", shifted["FunctionVersion"], main)
    account.refuses("PreconditionFailedException", client.update_alias, RevisionId=before["RevisionId"], **where)
    account.refuses("ResourceNotFoundException", client.update_alias, RoutingConfig={"AdditionalVersionWeights": {"99999": 0.25}}, **where)
    account.refuses("InvalidParameterValueException", client.update_alias, RoutingConfig={"AdditionalVersionWeights": {main: 0.25}}, **where)
    whole = client.update_alias(RoutingConfig={"AdditionalVersionWeights": {}}, **where)
    account.check("cleared", "RoutingConfig" not in whole, whole)
    client.update_alias(RoutingConfig={"AdditionalVersionWeights": weights}, **where)


def policies(account, client, functions):
    """Each function lets in what triggers it, by the policy of the function or that of the alias."""
    services = set()
    for name in [one["FunctionName"] for one in functions[:60]]:
        aliases = [one["Name"] for one in client.list_aliases(FunctionName=name)["Aliases"]]
        for qualifier in (None, *aliases):
            where = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
            try:
                answer = client.get_policy(**where)
            except client.exceptions.ResourceNotFoundException:
                continue  # Nobody but the account may invoke it so.
            statements = json.loads(answer["Policy"])["Statement"]
            account.check(f"{name} has a revision", answer.get("RevisionId"), answer)
            account.same(f"ids of {name}", len({one["Sid"] for one in statements}), len(statements))
            for one in statements:
                ending = f":function:{name}" + (f":{qualifier}" if qualifier else "")
                account.check(f"{name} is the resource", one["Resource"].endswith(ending), one)
                if one["Principal"] == "*":
                    continue
                service = one["Principal"]["Service"].split(".")[0]
                source = one["Condition"]["ArnLike"]["AWS:SourceArn"]
                services.add(service)
                account.check("a source of its service", f":{'execute-api' if service == 'apigateway' else service}:" in source, source)
    account.same("who invokes functions here", services, {"apigateway", "events", "s3", "sns"})
    account.refuses("ResourceNotFoundException", client.get_policy, FunctionName="order-worker")
    account.refuses("ResourceNotFoundException", client.get_policy, FunctionName="nosuch")


def versions_differ(account, client):
    """A comparison of versions has something to tell."""
    different = 0
    for name in ("cart-api", "checkout-api", "orders-api", "payment-authorize"):
        versions = [one for one in client.list_versions_by_function(FunctionName=name)["Versions"] if one["Version"] != "$LATEST"]
        alone = client.get_function_configuration(FunctionName=name, Qualifier=versions[0]["Version"])
        account.same(f"{name} listed and alone", alone["CodeSha256"], versions[0]["CodeSha256"])
        old, new = versions[0], versions[-1]
        account.check(f"{name}: another environment", old["Environment"] != new["Environment"], name)
        account.same(f"{name}: revisions are its own", len({one["RevisionId"] for one in versions}), len(versions))
        different += sum(old.get(key) != new.get(key) for key in ("MemorySize", "Timeout", "Runtime", "Layers"))
    account.check("sizes, limits and runtimes differ", different >= 6, different)


def packages_and_letters(account, client):
    image = client.get_function(FunctionName="fraud-score")
    account.same("an image", (image["Configuration"]["PackageType"], image["Code"]["RepositoryType"]), ("Image", "ECR"))
    account.check("without a runtime", "Runtime" not in image["Configuration"] and "Handler" not in image["Configuration"], image["Configuration"])
    dead = client.get_function_configuration(FunctionName="legacy-export")["DeadLetterConfig"]["TargetArn"]
    account.check("a queue for dead letters", dead.startswith("arn:aws:sqs:"), dead)
    config = client.get_function_event_invoke_config(FunctionName="invoice-render")["DestinationConfig"]
    account.check("where successes go", ":event-bus/" in config["OnSuccess"].get("Destination", ""), config)
    account.check("where failures go", ":sqs:" in config["OnFailure"].get("Destination", ""), config)


def urls(account, client):
    url = client.get_function_url_config(FunctionName="shipment-webhook")
    account.check("an address", url["FunctionUrl"].startswith("https://") and url["AuthType"] == "NONE", url)
    account.refuses("ResourceNotFoundException", client.get_function_url_config, FunctionName="cart-api")


def scaled(account, client):
    """Application Auto Scaling looks after one alias, and has its two alarms."""
    cloudwatch = account.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-function:")["MetricAlarms"]
    account.same("two alarms", sorted(one["ComparisonOperator"] for one in alarms), ["GreaterThanThreshold", "LessThanThreshold"])
    for one in alarms:
        _, function, alias = one["AlarmName"].split("-Alarm")[0].split(":")
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]}
        account.same("of an alias", dimensions, {"FunctionName": function, "Resource": f"{function}:{alias}"})
        account.same("of its utilization", one["MetricName"], "ProvisionedConcurrencyUtilization")
        account.check("it scales", ":scalingPolicy:" in one["AlarmActions"][0], one["AlarmActions"])
        client.get_provisioned_concurrency_config(FunctionName=function, Qualifier=alias)


def settled(account, client, uuid):
    return account.until("settled", 30, lambda: (lambda one: one if one["State"] in ("Enabled", "Disabled") else None)(client.get_event_source_mapping(UUID=uuid)))


def switch(account, client):
    """Takes a function off its queue, and puts it back."""
    uuid = client.list_event_source_mappings(FunctionName="order-worker")["EventSourceMappings"][0]["UUID"]
    off = client.update_event_source_mapping(UUID=uuid, Enabled=False)
    account.same("taken", (off["ResponseMetadata"]["HTTPStatusCode"], off["State"]), (202, "Disabling"))
    account.refuses("ResourceInUseException", client.update_event_source_mapping, UUID=uuid, Enabled=True)
    one = settled(account, client, uuid) or {}
    account.same("off", (one.get("State"), one.get("StateTransitionReason")), ("Disabled", "USER_INITIATED"))
    listed = client.list_event_source_mappings(FunctionName="order-worker")["EventSourceMappings"][0]
    account.same("the list says so, too", (listed["State"], listed["LastModified"]), (one.get("State"), one.get("LastModified")))
    account.same("on its way", client.update_event_source_mapping(UUID=uuid, Enabled=True)["State"], "Enabling")
    account.same("on", (settled(account, client, uuid) or {}).get("State"), "Enabled")
    account.refuses("ResourceNotFoundException", client.update_event_source_mapping, UUID="00000000-0000-0000-0000-000000000000", Enabled=True)


def limit(account, client):
    """How many of a queue's batches run at once."""
    before = client.list_event_source_mappings(FunctionName="order-worker")["EventSourceMappings"][0]
    uuid = before["UUID"]
    put = client.update_event_source_mapping(UUID=uuid, ScalingConfig={"MaximumConcurrency": 5}, BatchSize=3)
    account.same("limited", (put["State"], put["ScalingConfig"], put["BatchSize"]), ("Updating", {"MaximumConcurrency": 5}, 3))
    settled(account, client, uuid)
    free = client.update_event_source_mapping(UUID=uuid, ScalingConfig={})
    account.check("set free", "ScalingConfig" not in free and free["BatchSize"] == 3, free)
    settled(account, client, uuid)
    client.update_event_source_mapping(UUID=uuid, ScalingConfig=before["ScalingConfig"], BatchSize=before["BatchSize"])
    after = settled(account, client, uuid) or {}
    account.same("as before", (after.get("ScalingConfig"), after.get("BatchSize")), (before["ScalingConfig"], before["BatchSize"]))
    account.refuses("InvalidParameterValueException", client.update_event_source_mapping, UUID=uuid, BatchSize=5000)


def door(account, path, body=None):
    """The account's back door, which is no AWS."""
    data = json.dumps(body).encode() if body is not None else b""
    with urllib.request.urlopen(urllib.request.Request(f"{account.url}/_sim/{path}", data=data, method="POST")) as answer:
        return json.load(answer)


def conflicts(account, client):
    """Somebody else is updating the function."""
    name = "catalog-items"
    door(account, f"update?function={name}&seconds=4")
    account.same("under way", client.get_function_configuration(FunctionName=name)["LastUpdateStatus"], "InProgress")
    alias = client.get_alias(FunctionName=name, Name="live")
    for call, arguments in (
        (client.put_function_concurrency, {"ReservedConcurrentExecutions": 5}),
        (client.delete_function_concurrency, {}),
        (client.put_provisioned_concurrency_config, {"Qualifier": "live", "ProvisionedConcurrentExecutions": 1}),
        (client.delete_provisioned_concurrency_config, {"Qualifier": "live"}),
        (client.update_alias, {"Name": "live", "FunctionVersion": alias["FunctionVersion"]}),
    ):
        error = account.refuses("ResourceConflictException", call, FunctionName=name, **arguments)
        account.check("it says of what", error["Error"]["Message"].endswith(f":function:{name}"), error)
    account.until("done", 20, lambda: client.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful")
    fault = {"operations": "lambda:GetAlias", "fault": "refuse", "status": 409, "code": "ResourceConflictException", "message": "not now", "times": 1}
    door(account, "faults", fault)
    error = account.refuses("ResourceConflictException", client.get_alias, FunctionName=name, Name="live")
    account.same("in words of our own", error["Error"]["Message"], "not now")


def refusals(account, client):
    """Limits of concurrency that exclude each other."""
    refused = lambda call, **arguments: account.refuses("InvalidParameterValueException", call, **arguments)["Error"]["Message"]
    below = refused(client.put_function_concurrency, FunctionName="checkout-api", ReservedConcurrentExecutions=3)
    account.check("reserved below provisioned", "total provisioned concurrency [4]" in below, below)
    pool = refused(client.put_function_concurrency, FunctionName="cart-api", ReservedConcurrentExecutions=900)
    account.check("too little is left", "below its minimum value of [100]" in pool, pool)
    above = refused(client.put_provisioned_concurrency_config, FunctionName="payment-authorize", Qualifier="live", ProvisionedConcurrentExecutions=41)
    account.check("provisioned above reserved", "greater than the reservedConcurrentExecution" in above, above)
    latest = refused(client.get_provisioned_concurrency_config, FunctionName="cart-api", Qualifier="$LATEST")
    account.check("never of $LATEST", "alias or a published version" in latest, latest)


def deleted(account, client):
    name = "audit-log"
    count = client.get_account_settings()["AccountUsage"]["FunctionCount"]
    door(account, f"delete?function={name}")
    account.same("one less", client.get_account_settings()["AccountUsage"]["FunctionCount"], count - 1)
    functions, _ = account.pages(client.list_functions, "Functions", "Marker", "NextMarker")
    account.check("out of the list", name not in {one["FunctionName"] for one in functions} and len(functions) == count - 1)
    for call in (client.get_function, client.get_function_configuration, client.get_policy, client.list_aliases, client.invoke, client.get_function_concurrency, client.list_event_source_mappings):
        account.refuses("ResourceNotFoundException", call, FunctionName=name)
