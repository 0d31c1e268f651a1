"""The decoder by transformers, fp32, with its own KV cache and torch's attention."""

from time import perf_counter

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

from decoder_weights import decoder_weights, text_config


class Engine:
    def __init__(self, checkpoint, weights, threads, work):
        if weights != "fp32":
            raise ValueError("it has no such precision on a CPU")
        torch.set_num_threads(threads)
        config = LlamaConfig(**text_config(checkpoint))
        with torch.device("meta"):
            self.model = LlamaForCausalLM(config)
        tensors = decoder_weights(checkpoint)
        if config.tie_word_embeddings:
            tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        self.model.load_state_dict(tensors, assign=True)
        self.model.model.rotary_emb = type(self.model.model.rotary_emb)(config)  # its buffers were meta
        self.model.eval()
        self.version = f"transformers {transformers.__version__}, torch {torch.__version__}"

    @torch.inference_mode()
    def measure(self, prompt, further):
        ids = torch.randint(16, self.model.config.vocab_size, (1, prompt))
        begin = perf_counter()
        out = self.model(input_ids=ids, use_cache=True, logits_to_keep=1)
        token = out.logits[:, -1].argmax(-1, keepdim=True)
        prefilled = perf_counter()
        for _ in range(further):
            out = self.model(input_ids=token, past_key_values=out.past_key_values, use_cache=True)
            token = out.logits[:, -1].argmax(-1, keepdim=True)
        end = perf_counter()
        return (prefilled - begin) * 1e3, (end - prefilled) * 1e3 / further
