"""The shop's APIs: REST with a cached and a bare stage, HTTP with two stages, WebSocket without any."""


def rest(account):
    ag, do = account.client("apigateway"), account.do
    api = do("apigateway.api", ag.create_rest_api, name="shop-public", description="public REST API", endpointConfiguration={"types": ["REGIONAL"]})
    i = api["id"]
    root = ag.get_resources(restApiId=i)["items"][0]["id"]
    uri = f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/{{}}/invocations"

    def resource(parent, part, methods, function):
        made = do("apigateway.resource", ag.create_resource, restApiId=i, parentId=parent, pathPart=part)
        for m in methods:
            do("apigateway.method", ag.put_method, restApiId=i, resourceId=made["id"], httpMethod=m, authorizationType="NONE")
            do("apigateway.integration", ag.put_integration, restApiId=i, resourceId=made["id"], httpMethod=m, type="AWS_PROXY",
               integrationHttpMethod="POST", uri=uri.format(account.function(function)))
        return made["id"]

    orders = resource(root, "orders", ("GET", "POST"), "shop-prod-orders-api")
    resource(orders, "{id}", ("GET", "DELETE"), "shop-prod-orders-api")
    resource(root, "checkout", ("POST",), "shop-prod-checkout-api")
    deployment = do("apigateway.deployment", ag.create_deployment, restApiId=i, description="release 41")["id"]
    do("apigateway.stage", ag.create_stage, restApiId=i, stageName="prod", deploymentId=deployment, cacheClusterEnabled=True, cacheClusterSize="0.5",
       tracingEnabled=True, variables={"alias": "live"})
    do("apigateway.stage", ag.create_stage, restApiId=i, stageName="dev", deploymentId=deployment, variables={"alias": "canary"})

    def patch(stage, changes):
        operations = [dict(op="replace", path=path, value=str(value)) for path, value in changes.items()]
        do("apigateway.patch", ag.update_stage, restApiId=i, stageName=stage, patchOperations=operations)

    patch("prod", {"/*/*/throttling/rateLimit": 500, "/*/*/throttling/burstLimit": 1000, "/*/*/metrics/enabled": "true", "/*/*/logging/loglevel": "ERROR",
                   "/*/*/caching/enabled": "true", "/*/*/caching/ttlInSeconds": 300})
    patch("prod", {"/~1checkout/POST/throttling/rateLimit": 50, "/~1checkout/POST/throttling/burstLimit": 100, "/~1checkout/POST/caching/enabled": "false"})
    patch("dev", {"/*/*/throttling/rateLimit": 10, "/*/*/throttling/burstLimit": 20, "/*/*/logging/loglevel": "INFO"})
    plan = do("apigateway.usage_plan", ag.create_usage_plan, name="partners", apiStages=[dict(apiId=i, stage="prod")],
              throttle=dict(rateLimit=25.0, burstLimit=50), quota=dict(limit=100000, offset=0, period="MONTH"))
    key = do("apigateway.key", ag.create_api_key, name="acme-corp", enabled=True)
    if plan and key:
        do("apigateway.plan_key", ag.create_usage_plan_key, usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    return i


def http(account):
    a2, do = account.client("apigatewayv2"), account.do
    i = do("apigatewayv2.api", a2.create_api, Name="shop-web", ProtocolType="HTTP")["ApiId"]
    for route, function in (("GET /cart", "shop-prod-orders-api"), ("POST /cart", "shop-prod-checkout-api")):
        integration = do("apigatewayv2.integration", a2.create_integration, ApiId=i, IntegrationType="AWS_PROXY", IntegrationUri=account.function(function),
                         PayloadFormatVersion="2.0", TimeoutInMillis=29000)
        do("apigatewayv2.route", a2.create_route, ApiId=i, RouteKey=route, Target="integrations/" + integration["IntegrationId"])
    do("apigatewayv2.stage", a2.create_stage, ApiId=i, StageName="$default", AutoDeploy=True,
       DefaultRouteSettings=dict(ThrottlingBurstLimit=200, ThrottlingRateLimit=100.0, DetailedMetricsEnabled=True))
    do("apigatewayv2.stage", a2.create_stage, ApiId=i, StageName="beta", DefaultRouteSettings=dict(ThrottlingBurstLimit=10, ThrottlingRateLimit=5.0))
    socket = do("apigatewayv2.websocket", a2.create_api, Name="shop-live", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    return i, socket["ApiId"]


def create(account):
    web, live = http(account)
    return {"shop-public": rest(account), "shop-web": web, "shop-live": live}
