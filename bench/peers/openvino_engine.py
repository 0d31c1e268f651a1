"""The decoder by OpenVINO GenAI, from the GGUF file, with fp32 arithmetic and cache."""

import numpy
import openvino
import openvino_genai

from decoder_weights import text_config
from gguf_file import gguf_file


class Engine:
    def __init__(self, checkpoint, weights, threads, work):
        # Its reader knows no fp32; halves, as the checkpoint has them, are the same numbers.
        path = gguf_file(checkpoint, "fp16" if weights == "fp32" else weights, work)
        no_words = work / "no-words"
        no_words.mkdir(exist_ok=True)
        self.vocabulary = text_config(checkpoint)["vocab_size"]
        self.pipeline = openvino_genai.LLMPipeline(
            str(path),
            openvino_genai.Tokenizer(str(no_words)),
            "CPU",
            INFERENCE_NUM_THREADS=threads,
            INFERENCE_PRECISION_HINT="f32",
            KV_CACHE_PRECISION="f32",
        )
        self.version = f"openvino-genai {openvino_genai.__version__}"

    def measure(self, prompt, further):
        ids = numpy.random.default_rng().integers(16, self.vocabulary, (1, prompt))
        inputs = openvino_genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids)))
        config = openvino_genai.GenerationConfig(max_new_tokens=1 + further, ignore_eos=True, eos_token_id=2)
        metrics = self.pipeline.generate(inputs, config).perf_metrics
        return metrics.get_ttft().mean, metrics.get_tpot().mean
