"""Runs model.onnx, a graph that keeps no state, where Triton's onnxruntime backend is absent."""

import json
import os

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb

from winnow_processors import processors


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.inputs = [entry["name"] for entry in config["input"]]
        self.outputs = [entry["name"] for entry in config["output"]]
        options = ort.SessionOptions()
        options.enable_mem_pattern = False  # batches have all sizes
        options.intra_op_num_threads = processors()
        providers = ["CPUExecutionProvider"]
        if args["model_instance_kind"] == "GPU":
            device = int(args["model_instance_device_id"])
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": device}))
        graph = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = ort.InferenceSession(graph, options, providers=providers)

    def execute(self, requests):
        """One run for all requests that Triton hands over together."""
        arrays = [[pb.get_input_tensor_by_name(r, name).as_numpy() for name in self.inputs] for r in requests]
        try:
            feeds = {name: np.concatenate(parts) for name, parts in zip(self.inputs, zip(*arrays))}
            results = self.session.run(self.outputs, feeds)
        except Exception as error:
            failed = pb.TritonError(f"the graph failed: {error}")
            return [pb.InferenceResponse(error=failed) for _ in requests]
        ends = np.cumsum([len(own[0]) for own in arrays])[:-1]
        shares = zip(*(np.split(result, ends) for result in results))
        return [
            pb.InferenceResponse(output_tensors=[pb.Tensor(*pair) for pair in zip(self.outputs, share)])
            for share in shares
        ]
