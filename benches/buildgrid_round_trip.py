"""What `remote/examples/round_trip.rs` does, with BuildGrid's own client: prints the same two numbers.

Runs in the environment that has BuildGrid. `python buildgrid_round_trip.py HOST:PORT`
"""

import hashlib
import io
import itertools
import sys
import time

import grpc
from buildgrid._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as messages
from buildgrid.server.client.actioncache import ActionCacheClient
from buildgrid.server.client.cas import download, upload

COUNT = 500


def digest(content):
    return messages.Digest(hash=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def main():
    seed = time.time_ns()

    def content(number, length):
        return bytes(itertools.islice(itertools.cycle(f"{seed} {number}\n".encode()), length))

    blobs = [content(number, 2048) for number in range(COUNT)] + [content(COUNT, 10_000_000)]
    digests = [digest(blob) for blob in blobs]
    actions = [digest(f"{one.hash}/{one.size_bytes}".encode()) for one in digests]
    start = time.monotonic()
    channel = grpc.insecure_channel(sys.argv[1])
    with upload(channel) as uploader:
        for blob, its_digest in zip(blobs, digests):
            uploader.put_blob(io.BytesIO(blob), digest=its_digest, queue=True)
    results = ActionCacheClient(channel)
    for action, its_digest in zip(actions, digests):
        result = messages.ActionResult()
        result.output_files.add(path="out", digest=its_digest)
        results.update("", action, result)
    stored = time.monotonic() - start
    start = time.monotonic()
    channel = grpc.insecure_channel(sys.argv[1])
    results = ActionCacheClient(channel)
    for action in actions:
        assert results.get("", action) is not None
    with download(channel) as downloader:
        read = downloader.get_blobs(digests)
    assert sorted(map(len, read)) == sorted(map(len, blobs))
    assert {digest(blob).hash for blob in read} == {one.hash for one in digests}
    print(f"{stored * 1e3:.1f} {(time.monotonic() - start) * 1e3:.1f}")


main()
