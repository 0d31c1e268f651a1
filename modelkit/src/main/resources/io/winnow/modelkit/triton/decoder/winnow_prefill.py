"""One prompt's way through the segments, one segment at a time. Engine thread only."""

import time

import numpy as np
import onnxruntime as ort

from winnow_graphs import CANDIDATES, KEEP_ALL, TRAVELLING, Decoder, KvPool, bind_arrays
from winnow_sampling import LogitRow


class Prompt:
    """A prompt and what its plan does with the visual tokens; raises ValueError if they do not fit the model."""

    def __init__(self, decoder: Decoder, tensors: dict, options: dict):
        self.token_ids = tensors["token_ids"]  # int64 [rows]
        rows = len(self.token_ids)
        self.spans = tensors.get("spans", np.full(rows, -1, np.int64))  # int64 [rows], -1 is text
        self.positions = tensors.get("positions", np.arange(rows, dtype=np.int64))  # int64 [rows]
        self.visual_tokens = tensors.get("visual_tokens", np.zeros((0, decoder.hidden_size), np.float32))
        self.keep = tensors.get("keep")  # int64 [layers, pictures]; None keeps all
        self.given = tensors.get("scores", np.zeros(0, np.float32))  # fp32 [visual rows], if they rank
        self.observed = frozenset(tensors.get("observed", np.zeros(0, np.int64)).tolist())
        self.ranking = int(options.get("ranking", 0))
        self.blocking, self.tracing = bool(options.get("blocking")), bool(options.get("tracing"))
        self.importance = bool(options.get("importance", True))
        self.check(decoder)
        self.next_position = int(options.get("next_position", self.positions[-1] + 1))
        require(self.next_position > self.positions[-1], "next_position does not follow the prompt's positions")

    def check(self, decoder: Decoder) -> None:
        rows = len(self.token_ids)
        require(rows > 0, "the prompt is empty")
        require(len(self.spans) == len(self.positions) == rows, "token_ids, spans and positions differ in length")
        require(self.spans[-1] < 0, "the last row of a prompt must be text")
        self.visual = np.flatnonzero(self.spans >= 0)
        self.pictures = int(self.spans.max()) + 1
        text = self.token_ids[self.spans < 0]
        require((self.token_ids >= 0).all() and (text < decoder.vocabulary).all(), "a token id is not in the vocabulary")
        require(self.positions[0] >= 0 and (np.diff(self.positions) > 0).all(), "positions must ascend from 0 or more")
        require((self.spans >= -1).all() and self.pictures <= rows, "a span is no picture")
        expected = (len(self.visual), decoder.hidden_size)
        require(
            self.visual_tokens.shape == expected,
            f"visual_tokens are {list(self.visual_tokens.shape)}, the prompt needs {list(expected)}",
        )
        require(self.ranking in (0, 1, 2), "ranking is 0 (fitprune), 1 (fastv) or 2 (given)")
        scores = len(self.visual) if self.ranking == 2 else 0
        require(len(self.given) == scores, f"the plan has {len(self.given)} scores, its ranking needs {scores}")
        require(all(0 <= segment <= decoder.last for segment in self.observed), "an observed segment does not exist")
        if self.keep is not None:
            require(
                self.keep.shape == (decoder.layers, self.pictures),
                f"keep is {list(self.keep.shape)}, must be {[decoder.layers, self.pictures]}",
            )
            grows = (np.diff(self.keep, axis=0) > 0).any()
            require((self.keep >= 0).all() and not grows, "keep must not be negative or grow with depth")

    @property
    def rows(self) -> int:
        return len(self.token_ids)

    def scores(self) -> np.ndarray:
        """The plan's scores at the visual rows, zeros elsewhere."""
        scores = np.zeros((1, self.rows), np.float32)
        if len(self.given):
            scores[0, self.visual] = self.given
        return scores

    def text_start(self) -> int:
        """Position of the first row after the pictures."""
        return int(self.positions[self.visual[-1] + 1] if len(self.visual) else self.positions[0])


def require(condition, message: str) -> None:
    if not condition:
        raise ValueError(message)


class Prefill:
    """Runs a prompt's segments; keys and values go into one slot of a pool."""

    def __init__(self, decoder: Decoder, prompt: Prompt, full_row: bool):
        self.decoder, self.prompt, self.full_row = decoder, prompt, full_row
        self.next_segment = 0
        self.withdrawn = False
        self.travelling = None  # OrtValues by input name, between two segments
        pictures = max(1, prompt.pictures)
        self.keep = np.full((decoder.layers, pictures), KEEP_ALL, np.int64)
        if prompt.keep is not None and prompt.pictures:
            self.keep[:] = prompt.keep
        self.alive = np.bincount(prompt.spans[prompt.visual], minlength=prompt.pictures)  # [pictures]
        self.text_rows = prompt.rows - len(prompt.visual)
        self.entered = np.zeros(decoder.layers, np.int64)
        self.visual_entered = np.zeros(decoder.layers, np.int64)
        self.survivors = []  # [segments] of numbers among the prompt's visual rows, if traced
        self.begun = 0.0
        self.seconds = []  # [segments]

    def withdraw(self) -> None:
        """Takes all visual rows out before the next segment."""
        if self.withdrawn or not self.alive.sum():
            return
        arrays = {name: value.numpy() for name, value in self.travelling.items()}
        text = arrays["spans"][0] < 0
        self.travelling = {
            name: self.decoder.on_device(np.ascontiguousarray(array[:, text])) for name, array in arrays.items()
        }
        self.alive[:] = 0
        self.withdrawn = True

    def run_next(self, pool: KvPool, slot: int, cached_lengths: np.ndarray, options: ort.RunOptions):
        """Runs the next segment: what its end shows, if it is observed, and the logits, if it is the last."""
        decoder, number = self.decoder, self.next_segment
        segment = decoder.segments[number]
        observed, last = number in self.prompt.observed, number == decoder.last
        started = time.monotonic()
        if number == 0:
            self.begun = started
        elif self.prompt.tracing:
            # Here and not at the end of the segment before: a verdict may have come in between.
            self.trace(self.travelling["positions"].numpy(), self.travelling["spans"].numpy())
        # Prompts have all lengths: without this the arena keeps the largest buffers of every length.
        arenas = "cpu:0" if decoder.device == "cpu" else f"cpu:0;gpu:{decoder.device_id}"
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", arenas)
        binding = segment.binding(pool, slot, 1)
        caches = 2 * segment.count
        bind_arrays(binding, self.controls(segment, observed, last))
        for name, value in (self.travelling or {}).items():
            binding.bind_ortvalue_input(name, value)
        wanted = self.outputs(observed, last)
        for name in wanted:
            travels = name[: -len("_out")] in TRAVELLING and not last
            binding.bind_output(name, *((decoder.device, decoder.device_id) if travels else ("cpu", 0)))
        segment.run(binding, options)
        outputs = dict(zip(wanted, binding.get_outputs()[caches:]))
        self.count(segment, cached_lengths)
        if not last:
            self.travelling = {name: outputs[name + "_out"] for name in TRAVELLING}
            left = self.travelling["positions"].shape()[1]
            if left != self.text_rows + self.alive.sum():
                raise RuntimeError(f"{left} rows left a segment, not {self.text_rows + self.alive.sum()}")
        elif self.prompt.tracing:
            self.trace(outputs["positions_out"].numpy(), outputs["spans_out"].numpy())
        self.seconds.append(time.monotonic() - started)
        self.next_segment += 1
        return self.end(number, outputs) if observed else None, self.logits(outputs) if last else None

    def controls(self, segment, observed: bool, last: bool) -> dict:
        prompt = self.prompt
        controls = {
            "cached_lengths": np.zeros((segment.count, 1), np.int32),
            "keep": np.ascontiguousarray(self.keep[segment.first : segment.end]),
            "ranking": np.array(prompt.ranking, np.int64),
            # 2 is the text status alone, which needs no attention map.
            "observe": np.array((1 if prompt.importance else 2) if observed else 0, np.int64),
            "text_start": np.array(prompt.text_start(), np.int64),
        }
        if segment.first == 0:
            controls["token_ids"] = prompt.token_ids[None]
            controls["visual_tokens"] = prompt.visual_tokens
            controls["positions"] = prompt.positions[None]
            controls["spans"] = prompt.spans[None]
            controls["scores"] = prompt.scores()
        if last:
            controls["logit_rows"] = np.array([-1], np.int64)
        return controls

    def outputs(self, observed: bool, last: bool) -> list:
        names = [name + "_out" for name in TRAVELLING]
        if last:
            names = list(CANDIDATES) + (["logits"] if self.full_row else [])
            names += ["positions_out", "spans_out"] if self.prompt.tracing else []
        names += ["text_status"] if observed else []
        return names + (["importance"] if observed and self.prompt.importance else [])

    def count(self, segment, cached_lengths: np.ndarray) -> None:
        """What enters a layer is what its cache holds afterwards."""
        for layer in range(segment.first, segment.end):
            visual = int(self.alive.sum())
            self.visual_entered[layer] = visual
            self.entered[layer] = cached_lengths[layer] = self.text_rows + visual
            self.alive = np.minimum(self.alive, self.keep[layer][: len(self.alive)])

    def trace(self, positions: np.ndarray, spans: np.ndarray) -> None:
        """Rows are known again by their positions, which differ and travel with them."""
        visual = self.prompt.positions[self.prompt.visual]
        self.survivors.append(np.searchsorted(visual, positions[spans >= 0]))

    def end(self, number: int, outputs: dict) -> tuple:
        """(segment, visual tokens, importance, text status)"""
        visual = int(self.alive.sum())
        importance = outputs["importance"].numpy() if visual and self.prompt.importance else np.zeros(0, np.float32)
        return number, visual, importance, outputs["text_status"].numpy()

    def logits(self, outputs: dict) -> LogitRow:
        arrays = [outputs[name].numpy()[0].copy() for name in CANDIDATES]
        return LogitRow(*arrays, outputs["logits"].numpy()[0].copy() if self.full_row else None)
