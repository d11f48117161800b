"""Lambda and STS: functions, versions, limits, invocations, provisioned concurrency. Changes what it reads, so it comes last."""
import base64, json, time


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
    try:
        json.loads(client.get_policy(FunctionName=name)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        pass  # Nobody but the account may invoke it.


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
