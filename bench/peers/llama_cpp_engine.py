"""The decoder by llama.cpp: F32, Q8_0 or Q4_0."""

from time import perf_counter

import llama_cpp
import numpy
from llama_cpp import Llama

from gguf_file import gguf_file


class Engine:
    def __init__(self, checkpoint, weights, threads, work):
        path = gguf_file(checkpoint, weights, work)
        self.model = Llama(
            str(path),
            n_ctx=1024,
            n_batch=1024,
            n_ubatch=1024,
            n_threads=threads,
            n_threads_batch=threads,
            flash_attn=True,
            verbose=False,
        )
        self.version = f"llama-cpp-python {llama_cpp.__version__}"

    def measure(self, prompt, further):
        ids = numpy.random.default_rng().integers(16, self.model.n_vocab(), prompt).tolist()
        self.model.reset()
        begin = perf_counter()
        self.model.eval(ids)
        token = self.model.sample(temp=0)
        prefilled = perf_counter()
        for _ in range(further):
            self.model.eval([token])
            token = self.model.sample(temp=0)
        end = perf_counter()
        return (prefilled - begin) * 1e3, (end - prefilled) * 1e3 / further
