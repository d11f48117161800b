"""API Gateway, both versions: APIs, stages, settings, plans."""
import datetime

SETTINGS = {"metricsEnabled", "loggingLevel", "dataTraceEnabled", "throttlingBurstLimit", "throttlingRateLimit", "cachingEnabled",
            "cacheTtlInSeconds", "cacheDataEncrypted", "requireAuthorizationForCacheControl", "unauthorizedCacheControlHeaderStrategy"}


def read(account):
    gateway = account.client("apigateway")
    limits = gateway.get_account()["throttleSettings"]
    account.same("account throttle", (limits["rateLimit"], limits["burstLimit"]), (10000.0, 5000))
    apis, pages = account.pages(gateway.get_rest_apis, "items", "position", "position", lambda api: api["id"], limit=1)
    account.same("a page an API", pages, len(apis))
    account.check("dates are dates", all(isinstance(api["createdDate"], datetime.datetime) for api in apis))
    account.total("restApis", {api["name"]: api["id"] for api in apis})
    for api in apis:
        rest_api(account, gateway, api)
    account.refuses("NotFoundException", gateway.get_rest_api, restApiId="nosuchapi1")
    account.refuses("BadRequestException", gateway.get_rest_apis, limit=501)
    account.refuses("BadRequestException", gateway.get_rest_apis, position="made-up")
    plans(account, gateway, {api["id"] for api in apis})
    domains = gateway.get_domain_names()["items"]
    for domain in domains:
        mappings = gateway.get_base_path_mappings(domainName=domain["domainName"])["items"]
        account.check("mappings lead to APIs", all(mapping["restApiId"] in {api["id"] for api in apis} for mapping in mappings), mappings)
    version_two(account)


def rest_api(account, gateway, api):
    id, name = api["id"], api["name"]
    account.same(f"{name} alone", gateway.get_rest_api(restApiId=id)["name"], name)
    embedded, _ = account.pages(gateway.get_resources, "items", "position", "position", lambda one: one["id"], restApiId=id, limit=2, embed=["methods"])
    bare = gateway.get_resources(restApiId=id, limit=500)["items"]
    account.same(f"{name} pages of resources", [one["path"] for one in embedded], [one["path"] for one in bare])
    account.same(f"{name} has its root", [one["id"] for one in bare if one["path"] == "/"], [api["rootResourceId"]])
    for resource in embedded:
        account.same("resource alone", gateway.get_resource(restApiId=id, resourceId=resource["id"])["path"], resource["path"])
        for verb, method in resource.get("resourceMethods", {}).items():
            integration = method["methodIntegration"]
            account.check(f"{verb} {resource['path']}", method["httpMethod"] == verb and ":lambda:path/2015-03-31/functions/arn:aws:lambda:" in integration["uri"], method)
    authorizers = gateway.get_authorizers(restApiId=id)["items"]
    used = {method["authorizerId"] for one in embedded for method in one.get("resourceMethods", {}).values() if "authorizerId" in method}
    account.same(f"{name} authorizers", {one["id"] for one in authorizers}, used)
    deployments, _ = account.pages(gateway.get_deployments, "items", "position", "position", lambda one: one["id"], restApiId=id, limit=1)
    for one in deployments:
        account.same("deployment alone", gateway.get_deployment(restApiId=id, deploymentId=one["id"])["createdDate"], one["createdDate"])
    for stage in gateway.get_stages(restApiId=id)["item"]:
        account.same("stage alone", without_metadata(gateway.get_stage(restApiId=id, stageName=stage["stageName"])), stage)
        account.check("stage is deployed", stage["deploymentId"] in {one["id"] for one in deployments}, stage["deploymentId"])
        account.check("cache status", (stage["cacheClusterStatus"] == "AVAILABLE") == stage["cacheClusterEnabled"], stage)
        for key, settings in stage["methodSettings"].items():
            account.check(f"settings of {key}", set(settings) == SETTINGS and key.count("/") == 1, settings)
            account.check(f"spelling of {key}", key == "*/*" or key.startswith("~1"), key)
        if "clientCertificateId" in stage:
            certificate = gateway.get_client_certificate(clientCertificateId=stage["clientCertificateId"])
            account.check("certificate lasts", certificate["expirationDate"] > certificate["createdDate"], certificate)
        account.totals.setdefault("stages", {})[f"{name}/{stage['stageName']}"] = stage
    account.refuses("NotFoundException", gateway.get_stage, restApiId=id, stageName="nosuch")
    change_stage(account, gateway, id)


def change_stage(account, gateway, id):
    """Patches come back as written, a refused list changes nothing, and all is put back."""
    name = gateway.get_stages(restApiId=id)["item"][0]["stageName"]

    def patch(*operations):
        listed = [dict(zip(("op", "path", "value"), one)) for one in operations]
        return gateway.update_stage(restApiId=id, stageName=name, patchOperations=listed)

    before = gateway.get_stage(restApiId=id, stageName=name)
    rate = before["methodSettings"]["*/*"]["throttlingRateLimit"]
    changed = patch(("replace", "/*/*/throttling/rateLimit", "12.5"), ("replace", "/description", "patched"))
    account.same("patched rate", changed["methodSettings"]["*/*"]["throttlingRateLimit"], 12.5)
    account.same("patched description", changed["description"], "patched")
    try:
        patch(("replace", "/*/*/throttling/rateLimit", "99"), ("replace", "/nothing/like/it", "1"))
        account.fail("a bad path is refused", "it was taken")
    except gateway.exceptions.BadRequestException as error:
        account.check("says what is allowed", "Must be one of: [/deploymentId" in str(error), error)
    after = gateway.get_stage(restApiId=id, stageName=name)
    account.same("a refused list changes nothing", after["methodSettings"]["*/*"]["throttlingRateLimit"], 12.5)
    patch(("replace", "/*/*/throttling/rateLimit", str(rate)), ("replace", "/description", before.get("description", "")))
    back = gateway.get_stage(restApiId=id, stageName=name)
    account.same("put back", {**without_metadata(back), "lastUpdatedDate": 0}, {**without_metadata(before), "lastUpdatedDate": 0})
    change_method(account, gateway, id, name, patch)
    if before["cacheClusterEnabled"]:
        gateway.flush_stage_cache(restApiId=id, stageName=name)
        account.same("flushing", gateway.get_stage(restApiId=id, stageName=name)["cacheClusterStatus"], "FLUSH_IN_PROGRESS")
    else:
        account.refuses("BadRequestException", gateway.flush_stage_cache, restApiId=id, stageName=name)
    gateway.flush_stage_authorizers_cache(restApiId=id, stageName=name)


def change_method(account, gateway, id, name, patch):
    """One method's limits are set, taken away with -1, and given back."""
    resources = gateway.get_resources(restApiId=id, limit=500)["items"]
    settings = gateway.get_stage(restApiId=id, stageName=name)["methodSettings"]
    free = [(one["path"].replace("/", "~1"), verb) for one in resources for verb in one.get("resourceMethods", {})]
    path, verb = next((path, verb) for path, verb in free if f"{path}/{verb}" not in settings)
    changed = patch(("replace", f"/{path}/{verb}/throttling/rateLimit", "3.5"), ("replace", f"/{path}/{verb}/throttling/burstLimit", "7"),
                    ("replace", f"/{path}/{verb}/caching/ttlInSeconds", "60"))["methodSettings"][f"{path}/{verb}"]
    account.same("a method's own", (changed["throttlingRateLimit"], changed["throttlingBurstLimit"], changed["cacheTtlInSeconds"]), (3.5, 7, 60))
    none = patch(("replace", f"/{path}/{verb}/throttling/rateLimit", "-1"), ("replace", f"/{path}/{verb}/throttling/burstLimit", "-1"))
    none = none["methodSettings"][f"{path}/{verb}"]
    account.same("no limit", (none["throttlingRateLimit"], none["throttlingBurstLimit"]), (-1.0, -1))
    back = patch(("remove", f"/{path}/{verb}", ""))
    account.same("given back", back["methodSettings"], settings)
    account.refuses("BadRequestException", gateway.update_stage, restApiId=id, stageName=name, patchOperations=[{"op": "remove", "path": f"/{path}/{verb}"}])


def plans(account, gateway, apis):
    keys, _ = account.pages(gateway.get_api_keys, "items", "position", "position", lambda key: key["id"], limit=1)
    account.check("values only on demand", not any("value" in key for key in keys))
    shown = gateway.get_api_keys(includeValues=True)["items"]
    account.check("values on demand", all(len(key["value"]) == 40 for key in shown))
    for key in keys:
        account.same("key alone", gateway.get_api_key(apiKey=key["id"])["name"], key["name"])
    plans, _ = account.pages(gateway.get_usage_plans, "items", "position", "position", lambda plan: plan["id"], limit=1)
    today = datetime.datetime.fromtimestamp(account.now, datetime.timezone.utc).date()
    for plan in plans:
        account.same("plan alone", gateway.get_usage_plan(usagePlanId=plan["id"])["quota"], plan["quota"])
        account.check("plan covers APIs", all(stage["apiId"] in apis for stage in plan["apiStages"]), plan["apiStages"])
        members = gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        usage = gateway.get_usage(usagePlanId=plan["id"], startDate=str(today - datetime.timedelta(days=2)), endDate=str(today))["items"]
        account.same("usage of its keys", set(usage), {key["id"] for key in members})
        account.check("three days each", all(len(days) == 3 and all(used >= 0 and left >= 0 for used, left in days) for days in usage.values()), usage)
        account.refuses("BadRequestException", gateway.get_usage, usagePlanId=plan["id"], startDate="yesterday", endDate=str(today))
    account.refuses("NotFoundException", gateway.get_usage_plan, usagePlanId="nosuch")
    change_plan(account, gateway, plans[0])


def change_plan(account, gateway, plan):
    """One change in twenty seconds; it is put back by whoever waits so long, here it is left."""
    stage = plan["apiStages"][0]
    method = next(iter(stage["throttle"]))
    path, verb = method.rsplit("/", 1)
    own = f"/apiStages/{stage['apiId']}:{stage['stage']}/throttle/{path.replace('/', '~1')}/{verb}"

    def patch(*operations):
        listed = [dict(zip(("op", "path", "value"), one)) for one in operations]
        return gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=listed)

    try:
        patch(("replace", "/throttle/rateLimit", "many"))
        account.fail("a rate is a number", "it was taken")
    except gateway.exceptions.BadRequestException:
        account.check("a rate is a number", True)
    changed = patch(("replace", "/throttle/rateLimit", "19.5"), ("replace", "/quota/period", "WEEK"), ("replace", f"{own}/burstLimit", "9"))
    account.same("patched rate", changed["throttle"]["rateLimit"], 19.5)
    account.same("patched quota", changed["quota"], {**plan["quota"], "period": "WEEK"})
    account.same("patched method", changed["apiStages"][0]["throttle"][method]["burstLimit"], 9)
    account.same("patched alone", without_metadata(gateway.get_usage_plan(usagePlanId=plan["id"])), without_metadata(changed))
    account.refuses("TooManyRequestsException", gateway.update_usage_plan, usagePlanId=plan["id"], patchOperations=[{"op": "replace", "path": "/throttle/rateLimit", "value": "20"}])


def version_two(account):
    gateway = account.client("apigatewayv2")
    apis, pages = account.pages(gateway.get_apis, "Items", "NextToken", "NextToken", lambda api: api["ApiId"], MaxResults="1")
    account.same("a page an API", pages, len(apis))
    account.same("both kinds", {api["ProtocolType"] for api in apis}, {"HTTP", "WEBSOCKET"})
    account.total("apis", {api["Name"]: api["ApiId"] for api in apis})
    for api in apis:
        id = api["ApiId"]
        account.same("API alone", without_metadata(gateway.get_api(ApiId=id)), api)
        routes, _ = account.pages(gateway.get_routes, "Items", "NextToken", "NextToken", lambda one: one["RouteId"], ApiId=id, MaxResults="2")
        integrations, _ = account.pages(gateway.get_integrations, "Items", "NextToken", "NextToken", lambda one: one["IntegrationId"], ApiId=id, MaxResults="1")
        targets = {f"integrations/{one['IntegrationId']}" for one in integrations}
        account.same("routes lead to integrations", {route["Target"] for route in routes}, targets)
        account.check("deployments", gateway.get_deployments(ApiId=id)["Items"])
        authorizers = {one["AuthorizerId"] for one in gateway.get_authorizers(ApiId=id)["Items"]}
        account.same("authorizers", {route["AuthorizerId"] for route in routes if "AuthorizerId" in route}, authorizers)
        for stage in gateway.get_stages(ApiId=id)["Items"]:
            change_stage_two(account, gateway, api, stage, routes)
    domains = gateway.get_domain_names()["Items"]
    account.check("domains of both kinds", len(domains) > 1, domains)
    for domain in domains:
        account.same("domain alone", without_metadata(gateway.get_domain_name(DomainName=domain["DomainName"])), domain)
        for mapping in gateway.get_api_mappings(DomainName=domain["DomainName"])["Items"]:
            account.check("mappings lead to APIs", mapping["ApiId"] in {**account.totals["apis"], **account.totals["restApis"]}.values(), mapping)
    account.refuses("NotFoundException", gateway.get_api_mappings, DomainName="nosuch.example.com")
    account.refuses("NotFoundException", gateway.get_api, ApiId="nosuchapi1")
    account.refuses("BadRequestException", gateway.get_apis, NextToken="made-up")


def change_stage_two(account, gateway, api, stage, routes):
    id, name, key = api["ApiId"], stage["StageName"], routes[0]["RouteKey"]
    account.same("stage alone", without_metadata(gateway.get_stage(ApiId=id, StageName=name)), stage)
    limits = {"ThrottlingRateLimit": 2.5, "ThrottlingBurstLimit": 4}
    changed = gateway.update_stage(ApiId=id, StageName=name, RouteSettings={key: limits})
    account.check("route settings", limits.items() <= changed["RouteSettings"][key].items(), changed["RouteSettings"])
    gateway.delete_route_settings(ApiId=id, StageName=name, RouteKey=key)
    back = gateway.get_stage(ApiId=id, StageName=name)
    account.same("put back", {**without_metadata(back), "LastUpdatedDate": 0}, {**stage, "LastUpdatedDate": 0})
    account.refuses("NotFoundException", gateway.update_stage, ApiId=id, StageName=name, RouteSettings={"GET /nowhere": limits})


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
