"""What boto3 reads from the embedded account, one module a service."""
