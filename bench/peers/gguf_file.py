"""Writes the decoder as a GGUF file, which llama.cpp and OpenVINO GenAI read."""

from pathlib import Path

import gguf
import numpy

from decoder_weights import decoder_weights, text_config

TYPES = {
    "fp32": gguf.GGMLQuantizationType.F32,
    "fp16": gguf.GGMLQuantizationType.F16,
    "int8": gguf.GGMLQuantizationType.Q8_0,
    "int4": gguf.GGMLQuantizationType.Q4_0,
}
FILE_TYPES = {
    "fp32": gguf.LlamaFileType.ALL_F32,
    "fp16": gguf.LlamaFileType.MOSTLY_F16,
    "int8": gguf.LlamaFileType.MOSTLY_Q8_0,
    "int4": gguf.LlamaFileType.MOSTLY_Q4_0,
}


def gguf_file(checkpoint: Path, weights: str, work: Path) -> Path:
    """The file, written if it is not there. Matrices have the precision; int4 keeps an int8 head, as ours."""
    path = work / f"{checkpoint.name}-{weights}.gguf"
    if path.exists():
        return path
    config = text_config(checkpoint)
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    describe(writer, config, weights)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, tensor in decoder_weights(checkpoint).items():
        kind = TYPES[weights] if tensor.ndim == 2 else TYPES["fp32"]
        if "embed_tokens" in name and weights == "int4":
            kind = TYPES["int8"]
        data = gguf.quants.quantize(tensor.numpy().astype(numpy.float32), kind)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.rename(path)
    return path


def describe(writer, config, weights):
    heads = config["num_attention_heads"]
    writer.add_file_type(FILE_TYPES[weights])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["hidden_size"] // heads)
    writer.add_value_length(config["hidden_size"] // heads)
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    size = config["vocab_size"]
    writer.add_vocab_size(size)
    writer.add_tokenizer_model("gpt2")  # its words are never used
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([f"w{i}" for i in range(size)])
    writer.add_token_types([gguf.TokenType.NORMAL] * size)
    writer.add_token_merges(["w 1"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
