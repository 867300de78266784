"""A service of buckets on loopback, and what a source sees of it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def bucket_service() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(bucket_service: str, settings: Any) -> Iterator[Any]:
    """A client that writes to the empty bucket `pool`; sources read it without keys."""
    settings.COLLECT_S3 = {"endpoint_url": bucket_service, "access_key": "", "secret_key": "", "region": ""}
    names = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=bucket_service, **names)
    client.create_bucket(Bucket="pool")
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="pool"):
        if page.get("Contents"):
            client.delete_objects(
                Bucket="pool", Delete={"Objects": [{"Key": found["Key"]} for found in page["Contents"]]}
            )
    client.delete_bucket(Bucket="pool")
