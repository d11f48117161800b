"""What boto3 says of the things that tests change: reserved concurrency, an alias, stages, usage plans, event sources.

usage: told.py URL
"""
import json, sys

import boto3
from botocore.exceptions import ClientError

url = sys.argv[1]
client = lambda name: boto3.client(name, endpoint_url=url)
lam, v1, v2 = client("lambda"), client("apigateway"), client("apigatewayv2")


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def alias(function, name):
    told = lam.get_alias(FunctionName=function, Name=name)
    weights = (told.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return {"version": told["FunctionVersion"], "weights": weights}


def stage(told):
    settings = told.get("methodSettings") or {}
    return {
        "cache": told.get("cacheClusterEnabled", False),
        "size": told.get("cacheClusterSize") if told.get("cacheClusterEnabled") else None,
        "tracing": told.get("tracingEnabled", False),
        "settings": {key.strip("/").replace("~1", "/").strip("/"): value for key, value in sorted(settings.items())},
    }


def mapping(told):
    return {"uuid": told["UUID"], "state": told["State"], "source": told.get("EventSourceArn")}


apis = {api["name"]: api["id"] for api in v1.get_rest_apis()["items"]}
webs = {api["Name"]: api["ApiId"] for api in v2.get_apis()["Items"]}
told = {
    "reserved": lam.get_function_concurrency(FunctionName="shop-dev-canary").get("ReservedConcurrentExecutions"),
    "alias": alias("shop-dev-canary", "live"),
    "stages": {one["stageName"]: stage(one) for one in v1.get_stages(restApiId=apis["shop-public"])["item"]},
    "routes": {one["StageName"]: one.get("DefaultRouteSettings") for one in v2.get_stages(ApiId=webs["shop-web"])["Items"]},
    "plans": {
        plan["name"]: {"throttle": plan.get("throttle"), "quota": plan.get("quota")} for plan in v1.get_usage_plans().get("items", [])
    },
    "mappings": [mapping(one) for one in lam.list_event_source_mappings().get("EventSourceMappings", [])],
}
json.dump(told, sys.stdout, default=str)
