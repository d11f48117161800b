"""Resource Groups Tagging API: over both of its protocols, agreeing with Lambda and API Gateway."""


def read(account):
    answers = {}
    for protocol in ("smithy-rpc-v2-cbor", "json"):
        client = account.client("resourcegroupstaggingapi", protocol)
        answers[protocol] = everything(account, client)
    account.same("the same over both protocols", answers["json"], answers["smithy-rpc-v2-cbor"])


def everything(account, client):
    found, pages = account.pages(client.get_resources, "ResourceTagMappingList", "PaginationToken", "PaginationToken",
                                 lambda one: one["ResourceARN"], ResourcesPerPage=10)
    account.check("more than a page", pages > 1, pages)
    tags = {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}
    account.total("taggedResources", len(tags))

    functions = client.get_resources(ResourceTypeFilters=["lambda:function"])["ResourceTagMappingList"]
    account.check("functions only", functions and all(":function:" in one["ResourceARN"] for one in functions))
    functions_client = account.client("lambda")
    for arn in [one["ResourceARN"] for one in functions][:8]:
        account.same(f"tags of {arn}", tags[arn], functions_client.list_tags(Resource=arn)["Tags"])
    gateway = account.client("apigateway")
    for api in gateway.get_rest_apis()["items"]:
        arn = f"arn:aws:apigateway:{account.region}::/restapis/{api['id']}"
        account.same(f"tags of {arn}", tags.get(arn), api["tags"])
        for stage in gateway.get_stages(restApiId=api["id"])["item"]:
            account.same(f"tags of {stage['stageName']}", tags.get(f"{arn}/stages/{stage['stageName']}"), stage["tags"])
    for api in account.client("apigatewayv2").get_apis()["Items"]:
        arn = f"arn:aws:apigateway:{account.region}::/apis/{api['ApiId']}"
        account.same(f"tags of {arn}", tags.get(arn), api["Tags"])

    key = "aws:cloudformation:stack-name"
    stacks = client.get_tag_values(Key=key)["TagValues"]
    account.check("three stacks or more", len(stacks) >= 3, stacks)
    account.check("the key is listed", key in client.get_tag_keys()["TagKeys"])
    for stack in stacks:
        filtered = client.get_resources(TagFilters=[{"Key": key, "Values": [stack]}])["ResourceTagMappingList"]
        account.same(f"of {stack}", {one["ResourceARN"] for one in filtered}, {arn for arn, own in tags.items() if own.get(key) == stack})
    either = client.get_resources(TagFilters=[{"Key": key, "Values": stacks[:2]}, {"Key": "team"}])["ResourceTagMappingList"]
    account.same("any value of all keys", {one["ResourceARN"] for one in either},
                 {arn for arn, own in tags.items() if own.get(key) in stacks[:2] and "team" in own})
    account.same("nothing of no type", client.get_resources(ResourceTypeFilters=["dynamodb:table"])["ResourceTagMappingList"], [])

    account.refuses("InvalidParameterException", client.get_resources, ResourcesPerPage=101)
    account.refuses("InvalidParameterException", client.get_resources, PaginationToken="made-up")
    account.refuses("InvalidParameterException", client.get_resources, ResourceARNList=[functions[0]["ResourceARN"]], ResourceTypeFilters=["lambda"])
    return tags
