"""Winnow's decoder as a model of Triton's Python backend: verbs in, events out. See docs/triton.md.

This file speaks with Triton; winnow_engine.py runs the generations. One stream carries one generation: the request that
begins it (verb `prefill`) stays open until the terminal event, further requests (`resume`, `decode`, `close`) name it.
"""

import json
import logging
import queue
import threading
import time

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb

from winnow_engine import FAILED, FINISHED, PREFILLED, SEGMENT_END, STARTED, TOKEN, Engine, Generation
from winnow_graphs import Decoder, kv_pools
from winnow_prefill import Prompt, require
from winnow_processors import processors
from winnow_sampling import Sampling

DESCRIBED = 7  # after the engine's events
VERBS = ("prefill", "resume", "decode", "close", "describe")
CAUSES = {"END_OF_SEQUENCE": 0, "LENGTH": 1}
INPUTS = (
    "token_ids", "spans", "positions", "visual_tokens", "keep", "scores",
    "observed", "sampling", "end_tokens", "replay",
)  # fmt: skip
WATCH_SECONDS = 0.1


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        options = {key: value["string_value"] for key, value in config["parameters"].items()}
        device = "cuda" if args["model_instance_kind"] == "GPU" else "cpu"
        threads = whole(options, "intra_op_threads") or processors()
        classes = [int(tokens) for tokens in options["capacity_classes"].split(",") if tokens.strip()]
        slots = whole(options, "slots_per_class", 1)
        self.kv_bytes_limit = whole(options, "kv_bytes_limit", 1)
        self.max_queued = whole(options, "max_queued")
        self.idle_seconds = float(options["idle_seconds"])
        require(self.idle_seconds > 0, f"idle_seconds is {self.idle_seconds}, must be above 0")
        self.decoder = Decoder(args["model_repository"], device, int(args["model_instance_device_id"] or 0), threads)
        pools = kv_pools(self.decoder, classes, slots, self.kv_bytes_limit)
        # Last, when nothing can fail any more: it begins a thread, which would keep a broken model's process alive.
        self.engine = Engine(self.decoder, pools, self.max_queued)
        self.streams = {}  # generation's name to its Stream; the lock guards it
        self.lock = threading.Lock()
        self.outbox = queue.SimpleQueue()
        self.postman = threading.Thread(target=self.deliver, name="winnow-outbox")
        self.postman.start()

    def execute(self, requests):
        for request in requests:
            stream, options = Stream(request.get_response_sender()), {}
            try:
                options = json.loads(request.parameters() or "{}")
                self.take(request, options, stream)
            except Exception as error:  # without an answer the caller would wait for ever
                if isinstance(error, ValueError):
                    self.refuse(stream, options, "INVALID_ARGUMENT", str(error))
                else:
                    logging.exception("a request failed")
                    self.refuse(stream, options, "INTERNAL", repr(error))
        return None

    def finalize(self):
        self.engine.stop()
        self.outbox.put(None)
        self.postman.join()

    def take(self, request, options, stream):
        verb = options.get("verb")
        require(verb in VERBS, f"the parameter verb is {verb!r}, must be one of {', '.join(VERBS)}")
        if verb == "prefill":
            self.begin(options.get("generation", ""), read_tensors(request), options, stream)
            return
        if verb == "describe":
            self.tell(stream, DESCRIBED, json.dumps(self.describe()))
            return
        target = self.find(options)
        if target is not None:  # otherwise it has ended, and nothing happens
            generation = target.generation
            if verb == "resume":
                segment = whole(options, "segment", 0, self.decoder.last)
                require(isinstance(options.get("exit"), bool), "the parameter exit must be true or false")
                self.engine.resume(generation, segment, options["exit"])
            elif verb == "decode":
                self.engine.grant(generation, whole(options, "tokens", 1))
            else:
                self.engine.close(generation)
        self.outbox.put((stream, None, ()))

    def find(self, options):
        """The live stream of the generation that a verb names, if there is one."""
        with self.lock:
            return self.streams.get(options.get("generation", ""))

    def refuse(self, stream, options, kind, message):
        """A verb that is wrong ends its generation: going on without it would not be what the caller meant."""
        target = None if options.get("verb") == "prefill" else self.find(options)
        if target is None:
            self.tell(stream, FAILED, kind, message)
        else:
            self.engine.close(target.generation, kind, message)
            self.outbox.put((stream, None, ()))

    def begin(self, name, tensors, options, stream):
        require(name, "the parameter generation must name the generation")
        require("token_ids" in tensors and "sampling" in tensors, "token_ids and sampling are needed")
        prompt = Prompt(self.decoder, tensors, options)
        sampling = read_sampling(tensors, options)
        room = self.decoder.context - max(prompt.rows, prompt.next_position)
        require(room >= 1, f"a context of {self.decoder.context} leaves no room for an answer")
        end_tokens = frozenset(tensors["end_tokens"].tolist()) if "end_tokens" in tensors else self.decoder.end_tokens
        replay = tensors["replay"].tolist() if "replay" in tensors else []
        require(all(0 <= token < self.decoder.vocabulary for token in replay), "a replayed token is not in the vocabulary")
        max_tokens = min(room, whole(options, "max_tokens", 1))
        credit = whole(options, "credit") if "credit" in options else 0
        # The first segment needs the visual tokens: it makes them rows.
        leave = whole(options, "exit_before", 1, self.decoder.last) if "exit_before" in options else None

        def tell(event, *values):
            self.tell(stream, event, *values)

        generation = stream.generation = Generation(prompt, sampling, max_tokens, end_tokens, replay, tell)
        generation.credit, generation.exit_from = credit, leave
        with self.lock:
            require(name not in self.streams, f"generation {name} exists")
            self.streams[name] = stream
        stream.name = name
        refusal = self.engine.accept(generation)
        if refusal is not None:
            self.tell(stream, FAILED, *refusal)

    def describe(self):
        engine = self.engine
        return {
            "slots": engine.slots,
            "max_queued": self.max_queued,
            "kv_bytes_limit": self.kv_bytes_limit,
            "running": engine.running_count,
            "queued": engine.live_count - engine.running_count,
            "kv_bytes_used": engine.kv_bytes,
            "run_seconds": engine.run_seconds,
            "checkpoint": self.decoder.manifest.get("checkpointSha256", ""),
            "weights": self.decoder.manifest["decoder"]["weights"],
            "device": self.decoder.device,
            "onnxruntime": onnxruntime.__version__,
        }

    def tell(self, stream, event, *values):
        self.outbox.put((stream, event, values))

    # The outbox's thread, which alone speaks with the response senders

    def deliver(self):
        watched = time.monotonic()
        while True:
            try:
                letter = self.outbox.get(timeout=WATCH_SECONDS)
            except queue.Empty:
                letter = ()
            if letter is None:
                return
            if letter:
                self.post_safely(*letter)
            if time.monotonic() - watched >= WATCH_SECONDS:
                try:
                    self.watch()
                except Exception:  # the thread must go on
                    logging.exception("streams could not be watched")
                watched = time.monotonic()

    def post_safely(self, stream, event, values):
        try:
            self.post(stream, event, values)
        except Exception as error:  # a generation whose events are lost must not go on in silence
            logging.exception("an event could not be sent")
            if stream.generation is not None:
                self.engine.close(stream.generation, "INTERNAL", f"an event could not be sent: {error}")

    def post(self, stream, event, values):
        final = event in (None, FINISHED, FAILED, DESCRIBED)
        flags = pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL if final else 0
        if final and stream.name is not None:
            with self.lock:
                self.streams.pop(stream.name, None)
        if event is None:
            stream.sender.send(flags=flags)
            return
        tensors = [pb.Tensor("event", np.array([event], np.int32))]
        tensors += [pb.Tensor(name, array) for name, array in event_tensors(event, values)]
        stream.sender.send(pb.InferenceResponse(output_tensors=tensors), flags=flags)

    def watch(self):
        """Ends generations whose caller has gone or does nothing."""
        with self.lock:
            streams = list(self.streams.values())
        now = time.monotonic()
        for stream in streams:
            generation = stream.generation
            if stream.sender.is_cancelled():
                self.engine.close(generation)
            elif generation.idle and now - generation.touched > self.idle_seconds:
                self.engine.close(
                    generation, "CANCELLED", f"nothing was asked of the generation for {self.idle_seconds} s"
                )


class Stream:
    """Where the events of one request go."""

    def __init__(self, sender):
        self.sender = sender
        self.generation = self.name = None


def whole(options, name, least=0, most=None):
    """A parameter that is a whole number within bounds."""
    try:
        value = int(options[name])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"the parameter {name} is {options.get(name)!r}, must be a whole number") from None
    expected = f"at least {least}" if most is None else f"in {least}..{most}"
    require(least <= value and (most is None or value <= most), f"the parameter {name} is {value}, must be {expected}")
    return value


def read_sampling(tensors, options):
    temperature, top_p = tensors["sampling"].tolist()
    require(0 <= temperature < float("inf"), f"the temperature is {temperature}, must be 0 or more")
    require(0 < top_p <= 1, f"top_p is {top_p}, must be above 0 and at most 1")
    seed = whole(options, "seed", -(2**63), 2**63 - 1)
    return Sampling(temperature, top_p, whole(options, "top_k"), seed, whole(options, "top_logprobs"))


def read_tensors(request):
    """The request's inputs, copied: their memory is Triton's."""
    tensors = {}
    for name in INPUTS:
        tensor = pb.get_input_tensor_by_name(request, name)
        if tensor is not None:
            tensors[name] = tensor.as_numpy().copy()
    return tensors


def event_tensors(event, values):
    if event == STARTED:
        return [("numbers", np.array(values, np.int64))]
    if event == SEGMENT_END:
        segment, visual, importance, text_status = values
        tensors = [("numbers", np.array([segment, visual], np.int64)), ("text_status", text_status)]
        return tensors + ([("importance", importance)] if len(importance) else [])
    if event == PREFILLED:
        prefill, queued, total = values
        tensors = [
            ("entered", np.stack([prefill.entered, prefill.visual_entered])),
            ("seconds", np.array([queued, total, *prefill.seconds])),
        ]
        if prefill.prompt.tracing:
            # Counts first: an empty tensor does not travel.
            counts = np.array([len(left) for left in prefill.survivors], np.int64)
            tensors.append(("survivors", np.concatenate([counts, *prefill.survivors])))
        return tensors
    if event == TOKEN:
        (token,) = values
        ids = [token.step, token.id, *(id for id, _ in token.top)]
        logprobs = [token.logprob, *(logprob for _, logprob in token.top)]
        return [("numbers", np.array(ids, np.int64)), ("logprobs", np.array(logprobs))]
    if event == FINISHED:
        return [("numbers", np.array([CAUSES[values[0]]], np.int64))]
    if event in (FAILED, DESCRIBED):
        return [("text", np.array([text.encode() for text in values], np.object_))]
    return []
