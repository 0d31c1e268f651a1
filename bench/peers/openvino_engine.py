"""The decoder by OpenVINO GenAI, from the GGUF file."""

import numpy
import openvino
import openvino_genai

from gguf_file import gguf_file


class Engine:
    def __init__(self, checkpoint, weights, threads, work):
        path = gguf_file(checkpoint, weights, work)
        self.vocabulary = 1000
        self.pipeline = openvino_genai.LLMPipeline(
            str(path),
            "CPU",
            {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"},
        )
        self.version = f"openvino-genai {openvino_genai.__version__}"

    def measure(self, prompt, further):
        ids = numpy.random.default_rng().integers(16, self.vocabulary, (1, prompt))
        inputs = openvino_genai.TokenizedInputs(
            openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids))
        )
        config = openvino_genai.GenerationConfig(max_new_tokens=1 + further, ignore_eos=True)
        metrics = self.pipeline.generate(inputs, config).perf_metrics
        return metrics.get_ttft().mean, metrics.get_tpot().mean
