"""Times calls of NVIDIA's Python client, for ./winnow bench triton-client.

Takes the server's address. Prints {"version": ...} when it is connected, then reads lines "FLOATS CALLS" and answers
each with {"millis": [...]}, one time for each call, until its input ends.
"""

import importlib.metadata
import json
import sys
import time

import numpy as np
import tritonclient.grpc as triton


def call(client, values):
    x = triton.InferInput("x", [len(values)], "FP32")
    x.set_data_from_numpy(values)
    response = client.infer("echo", [x], outputs=[triton.InferRequestedOutput("x")])
    return response.as_numpy("x")


def main():
    client = triton.InferenceServerClient(sys.argv[1])
    assert client.is_server_ready()
    print(json.dumps({"version": importlib.metadata.version("tritonclient")}), flush=True)
    for line in sys.stdin:
        floats, calls = (int(word) for word in line.split())
        values = np.zeros(floats, np.float32)
        millis = []
        for _ in range(calls):
            start = time.perf_counter_ns()
            answer = call(client, values)
            millis.append((time.perf_counter_ns() - start) / 1e6)
            assert len(answer) == floats
        print(json.dumps({"millis": millis}), flush=True)


if __name__ == "__main__":
    main()
