"""The decoder's ONNX segments and the KV caches that they write in place: see docs/decoder-graph.md.

Everything here belongs to the engine's thread.
"""

import json
import os

import numpy as np
import onnxruntime as ort

KEEP_ALL = 2**31 - 1
TRAVELLING = ("hidden", "positions", "spans", "scores")  # outputs that are the next segment's inputs
CANDIDATES = ("candidate_logits", "candidate_ids", "log_sum_exp")
BFLOAT16 = 16  # onnx.TensorProto.BFLOAT16, which NumPy has no type for
SMALLEST_QUARTER = 128


class Decoder:
    """A decoder whose graphs are loaded on one device."""

    def __init__(self, model_folder: str, device: str, device_id: int, threads: int):
        self.device, self.device_id = device, device_id
        with open(os.path.join(model_folder, "manifest.json")) as file:
            self.manifest = json.load(file)
        decoder = self.manifest["decoder"]
        self.layers = decoder["layers"]
        self.hidden_size = decoder["hiddenSize"]
        self.vocabulary = decoder["vocabularySize"]
        self.context = decoder["contextLength"]
        self.candidates = decoder["candidates"]
        self.kv_heads, self.head_dim = decoder["kvHeads"], decoder["headDim"]
        self.end_tokens = frozenset(self.manifest["prompt"].get("eosTokenIds", []))
        kv_types = {"fp16": (np.float16, 2), "bf16": (BFLOAT16, 2)}
        self.kv_type, self.kv_bytes = kv_types.get(decoder["weights"], (np.float32, 4))
        root = os.path.dirname(model_folder.rstrip("/"))
        self.segments = [
            Segment(self, os.path.join(root, entry["graph"]), entry.get("firstLayer", 0), entry["layerCount"], threads)
            for entry in decoder["segments"]
        ]
        self.last = len(self.segments) - 1

    def on_device(self, array: np.ndarray) -> ort.OrtValue:
        return ort.OrtValue.ortvalue_from_numpy(array, self.device, self.device_id)


class Segment:
    """One graph and its session; layers `first` to `end` - 1."""

    def __init__(self, decoder, path, first, count, threads):
        self.decoder, self.first, self.count, self.end = decoder, first, count, first + count
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A pattern is kept for every shape ever seen, and prompts have all shapes.
        options.enable_mem_pattern = False
        # Each session has its own threads: spinning ones would steal the next segment's cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        if decoder.device == "cuda":
            # TF32 would round what an fp32 export computes to 11 bits.
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": decoder.device_id, "use_tf32": 0}))
        self.session = ort.InferenceSession(path, options, providers=providers)
        if decoder.device == "cuda" and "CUDAExecutionProvider" not in self.session.get_providers():
            raise RuntimeError("this ONNX Runtime has no CUDA provider: install onnxruntime-gpu")

    def binding(self, pool: "KvPool", slot: int, rows: int) -> ort.IOBinding:
        """A binding whose caches are those of `rows` slots from `slot` on, as input and output alike."""
        binding = self.session.io_binding()
        where = (self.decoder.device, self.decoder.device_id, self.decoder.kv_type)
        shape = [rows, self.decoder.kv_heads, pool.capacity, self.decoder.head_dim]
        for layer in range(self.first, self.end):
            for name, buffer in (("key", pool.keys[layer]), ("value", pool.values[layer])):
                address = buffer.data_ptr() + slot * pool.row_bytes
                binding.bind_input(f"past_{name}_{layer}", *where, shape, address)
                binding.bind_output(f"present_{name}_{layer}", *where, shape, address)
        return binding

    def run(self, binding: ort.IOBinding, options: ort.RunOptions) -> None:
        self.session.run_with_iobinding(binding, options)
        if self.decoder.device != "cpu":
            binding.synchronize_outputs()


class KvPool:
    """KV caches of one capacity class; memory is taken when the first generation comes."""

    def __init__(self, decoder: Decoder, capacity: int, slots: int):
        self.decoder, self.capacity, self.slots = decoder, capacity, slots
        self.row_bytes = decoder.kv_heads * capacity * decoder.head_dim * decoder.kv_bytes
        self.slot_bytes = 2 * decoder.layers * self.row_bytes
        self.occupants = [None] * slots
        self.lengths = np.zeros((decoder.layers, slots), np.int32)  # tokens in the caches; of free slots 0
        self.keys, self.values = [], []  # [layers] of [slots, kv heads, capacity, head dim]
        self.batches = {}  # (rows, full rows) to DecodeBatch

    @property
    def free_slots(self) -> int:
        return self.occupants.count(None)

    def take(self, generation) -> int:
        """The lowest free slot: a step computes all rows up to the highest live one."""
        if not self.keys:
            shape = (self.slots, self.decoder.kv_heads, self.capacity, self.decoder.head_dim)
            # Only the size matters: bf16 has no NumPy type, fp16 is as wide.
            kind = np.float32 if self.decoder.kv_bytes == 4 else np.float16
            made = [self.decoder.on_device(np.zeros(shape, kind)) for _ in range(2 * self.decoder.layers)]
            self.keys, self.values = made[: self.decoder.layers], made[self.decoder.layers :]
        slot = self.occupants.index(None)
        self.occupants[slot] = generation
        return slot

    def free(self, slot: int) -> None:
        self.occupants[slot] = None
        self.lengths[:, slot] = 0

    def step(self, ready: list, options: ort.RunOptions) -> "Logits":
        """One token further for generations of this pool; their cached lengths grow by one."""
        rows = 1 + max(generation.slot for generation in ready)
        full = any(generation.needs_full_row for generation in ready)
        batch = self.batches.get((rows, full))
        if batch is None:
            batch = self.batches[rows, full] = DecodeBatch(self, rows, full)
        return batch.run(ready, options)


def kv_pools(decoder: Decoder, classes: list, slots_per_class: int, limit: int) -> list:
    """Pools by capacity, ascending. The largest class is served first: its slots hold everybody."""
    token_bytes = 2 * decoder.layers * decoder.kv_heads * decoder.head_dim * decoder.kv_bytes
    capacities, quarter = list(classes) or [decoder.context], decoder.context // 4
    while not classes and quarter >= SMALLEST_QUARTER:
        if len(capacities) >= 2 and capacities[0] * token_bytes <= limit:
            break
        capacities.insert(0, quarter)
        quarter //= 4
    pools, left = [], limit
    for capacity in reversed(capacities):
        slots = min(slots_per_class, left // (capacity * token_bytes))
        pools.insert(0, KvPool(decoder, capacity, slots))
        left -= slots * capacity * token_bytes
    if not any(pool.slots for pool in pools):
        raise ValueError(f"kv_bytes_limit is {limit}, but the smallest slot needs {pools[0].slot_bytes} bytes")
    return pools


class Logits:
    """What a call says about the next tokens, one row each."""

    def __init__(self, candidate_logits, candidate_ids, log_sum_exp, logits=None):
        self.candidate_logits, self.candidate_ids = candidate_logits, candidate_ids
        self.log_sum_exp, self.logits = log_sum_exp, logits

    def row(self, row: int, make):
        logits = None if self.logits is None else self.logits[row]
        return make(self.candidate_logits[row], self.candidate_ids[row], self.log_sum_exp[row], logits)


class DecodeBatch:
    """A decode step over the first rows of a pool; buffers are bound once and refilled at every step.

    Every row takes part, whether somebody decodes on it or not. One that does not is computed with token 0, and its
    K/V entry falls just behind the valid ones of each layer, where the next real token overwrites it; attention never
    reads it. There is always room for it: a cached length stays below the capacity.
    """

    def __init__(self, pool: KvPool, rows: int, full: bool):
        decoder = pool.decoder
        self.pool, self.rows, self.decoder = pool, rows, decoder
        self.tokens, self.positions = np.zeros((rows, 1), np.int64), np.zeros((rows, 1), np.int64)
        self.lengths, self.bindings, self.refilled = [], [], []
        self.owned = []  # an OrtValue, but not a binding, keeps the array under it alive
        shared = {
            "positions": self.positions,
            "spans": np.full((rows, 1), -1, np.int64),
            "scores": np.zeros((rows, 1), np.float32),
            "ranking": np.array(0, np.int64),
            "observe": np.array(0, np.int64),
            "text_start": np.array(0, np.int64),
        }
        hidden = None
        for segment in decoder.segments:
            binding = segment.binding(pool, 0, rows)
            lengths = np.zeros((segment.count, rows), np.int32)
            own = dict(shared, cached_lengths=lengths, keep=np.full((segment.count, 1), KEEP_ALL, np.int64))
            refilled = {"positions": self.positions, "cached_lengths": lengths}
            if hidden is None:
                own["token_ids"] = refilled["token_ids"] = self.tokens
                own["visual_tokens"] = np.zeros((0, decoder.hidden_size), np.float32)
            else:
                binding.bind_ortvalue_input("hidden", hidden)
            if segment.end == decoder.layers:
                own["logit_rows"] = np.arange(rows, dtype=np.int64)
                self.bind_logits(binding, full)
            else:
                hidden = decoder.on_device(np.zeros((rows, 1, decoder.hidden_size), np.float32))
                binding.bind_ortvalue_output("hidden_out", hidden)
                self.owned.append(hidden)
            bind_arrays(binding, own)
            self.lengths.append(lengths)
            self.bindings.append(binding)
            self.refilled.append(refilled)

    def bind_logits(self, binding, full: bool) -> None:
        rows, candidates = self.rows, self.decoder.candidates
        arrays = {
            "candidate_logits": np.zeros((rows, candidates), np.float32),
            "candidate_ids": np.zeros((rows, candidates), np.int64),
            "log_sum_exp": np.zeros(rows, np.float32),
        }
        if full:
            arrays["logits"] = np.zeros((rows, self.decoder.vocabulary), np.float32)
        for name, array in arrays.items():
            binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        self.logits = Logits(*arrays.values())

    def run(self, ready: list, options: ort.RunOptions) -> Logits:
        self.fill(ready)
        for segment, binding, refilled in zip(self.decoder.segments, self.bindings, self.refilled):
            if self.decoder.device != "cpu":
                bind_arrays(binding, refilled)  # what was bound is a copy there
            segment.run(binding, options)
        for generation in ready:
            generation.cached_lengths += 1
        return self.logits

    def fill(self, ready: list) -> None:
        self.tokens.fill(0)
        self.positions.fill(0)
        for generation in ready:
            self.tokens[generation.slot] = generation.last_token
            self.positions[generation.slot] = generation.last_position
        for segment, lengths in zip(self.decoder.segments, self.lengths):
            lengths[:] = self.pool.lengths[segment.first : segment.end, : self.rows]


def bind_arrays(binding, arrays: dict) -> None:
    for name, array in arrays.items():
        binding.bind_cpu_input(name, array)
