"""Runs live generations together: the loop, and what callers may ask of a generation.

The rules are those of the embedded runtime (docs/decisions/0005-slots.md): generations enter slots in the order of their
arrival, into the smallest capacity class that fits and has room; prefill segments of the oldest prefilling generation
alternate with decode steps of everybody who can decode.
"""

import logging
import threading
import time

import onnxruntime as ort

from winnow_graphs import Decoder
from winnow_prefill import Prefill, Prompt
from winnow_sampling import LogitRow, Sampling, sample

QUEUED, PREFILLING, DECODING, ENDED = range(4)  # stages
ACCEPTED, STARTED, SEGMENT_END, PREFILLED, TOKEN, FINISHED, FAILED = range(7)  # events


class Generation:
    """One generation from its arrival to its terminal event.

    Callers change `credit`, `answered`, `exit_from` and `closed` under the engine's lock; the rest is the engine's.
    """

    def __init__(self, prompt: Prompt, sampling: Sampling, max_tokens: int, end_tokens: frozenset, replay: list, tell):
        self.prompt, self.sampling, self.max_tokens = prompt, sampling, max_tokens
        self.end_tokens, self.replay = end_tokens, replay
        self.tell = tell  # takes an event and its values; must not block
        self.credit = 0
        self.answered = set()  # segments
        self.exit_from = None  # first segment without visual tokens
        self.closed = None  # why, as (kind, message)
        self.touched = self.started = time.monotonic()
        self.stage = QUEUED
        self.pool = self.slot = self.prefill = self.cached_lengths = self.first_row = None
        self.needs_full_row = False
        self.tokens = 0
        self.last_token = 0

    @property
    def kv_tokens(self) -> int:
        """Most that its caches hold: the last token is never fed back."""
        return self.prompt.rows + self.max_tokens

    @property
    def last_position(self) -> int:
        return self.prompt.next_position + self.tokens - 1

    @property
    def can_decode(self) -> bool:
        return self.credit > 0 or self.tokens < len(self.replay)

    @property
    def waits_for_verdict(self) -> bool:
        prefill = self.prefill
        reached = -1 if prefill is None else prefill.next_segment - 1
        return self.prompt.blocking and reached in self.prompt.observed and reached not in self.answered

    @property
    def idle(self) -> bool:
        """Whether only its caller can make it go on."""
        if self.stage == PREFILLING:
            return self.waits_for_verdict
        return self.stage == DECODING and not self.can_decode


class Engine:
    """Owns the decoder, the pools and a thread."""

    def __init__(self, decoder: Decoder, pools: list, max_queued: int):
        self.decoder, self.pools = decoder, pools
        self.slots = sum(pool.slots for pool in pools)
        self.max_live = self.slots + max_queued
        self.changed = threading.Condition()
        self.arrivals, self.signalled, self.stopping = [], False, False
        self.live_count = self.running_count = self.kv_bytes = 0
        self.live = []  # by arrival, queued ones included; the thread's own
        self.prefill_ran_last = False
        self.run_options, self.run_serves = None, None  # the native run under way and whom it serves alone
        self.run_began = None
        self.thread = threading.Thread(target=self.loop, name="winnow-engine")
        self.thread.start()

    # Callers

    def accept(self, generation: Generation) -> tuple:
        """Queues a generation, or says why not, as (kind, message)."""
        largest = max(pool.capacity for pool in self.pools if pool.slots)
        if generation.kv_tokens > largest:
            return "RESOURCE_EXHAUSTED", (
                f"prompt and answer need a KV cache of {generation.kv_tokens} tokens, the largest slot holds {largest}:"
                " raise kv_bytes_limit or capacity_classes in the decoder's config.pbtxt"
            )
        with self.changed:
            if self.stopping:
                return "UNAVAILABLE", "the Triton model is being unloaded: ask another server"
            if self.live_count >= self.max_live:
                return "RESOURCE_EXHAUSTED", (
                    f"all slots and the queue are full (max_queued): {self.live_count} generations live"
                )
            self.live_count += 1
            self.arrivals.append(generation)
            generation.tell(ACCEPTED)  # before any other event
            self.wake()
        return None

    def grant(self, generation: Generation, tokens: int) -> None:
        with self.changed:
            generation.credit += tokens
            generation.touched = time.monotonic()
            self.wake()

    def resume(self, generation: Generation, segment: int, leave: bool) -> None:
        with self.changed:
            if leave:
                first = generation.exit_from
                generation.exit_from = segment + 1 if first is None else min(first, segment + 1)
            # Last: the engine reads without the lock, and goes on as soon as it sees the answer.
            generation.answered.add(segment)
            generation.touched = time.monotonic()
            self.wake()

    def close(self, generation: Generation, kind="CANCELLED", message="the generation was closed") -> None:
        with self.changed:
            generation.closed = generation.closed or (kind, message)
            if self.run_serves is generation:
                self.run_options.terminate = True
            self.wake()

    def stop(self) -> None:
        """Fails what still runs and waits for the thread."""
        with self.changed:
            self.stopping = True
            if self.run_options is not None:
                self.run_options.terminate = True
            self.wake()
        self.thread.join()

    @property
    def run_seconds(self) -> float:
        """Age of the native run under way: one that never ends is how an engine hangs."""
        began = self.run_began
        return 0.0 if began is None else time.monotonic() - began

    def wake(self) -> None:
        self.signalled = True
        self.changed.notify()

    # The thread

    def loop(self) -> None:
        reason = "UNAVAILABLE", "the Triton model was unloaded: ask another server"
        try:
            rest = False
            while self.take_arrivals(rest):
                for generation in self.live:
                    if generation.closed:
                        self.end(generation, FAILED, *generation.closed)
                self.draw_first_tokens()
                self.live = [generation for generation in self.live if generation.stage != ENDED]
                rest = not self.act()
        except BaseException as defect:  # nobody may wait for an engine that is gone
            logging.exception("the engine failed")
            reason = "INTERNAL", f"the engine failed: {defect!r}"
        with self.changed:
            self.stopping = True
            self.live += self.arrivals
            self.arrivals = []
        for generation in self.live:
            self.end(generation, FAILED, *(generation.closed or reason))

    def take_arrivals(self, rest: bool) -> bool:
        with self.changed:
            while rest and not self.signalled and not self.stopping:
                self.changed.wait()
            self.signalled = False
            self.live += self.arrivals
            self.arrivals = []
            return not self.stopping

    def act(self) -> bool:
        """Does the next thing; False if there is nothing to do until somebody asks for something."""
        head = next((generation for generation in self.live if generation.stage == QUEUED), None)
        if head is not None:
            # Only the head is looked at: later small ones could keep a large one out for ever.
            for pool in self.pools:
                if pool.capacity >= head.kv_tokens and pool.free_slots:
                    self.admit(head, pool)
                    return True
        # Credit that comes after the turn's first tokens were drawn does not make up for a first token.
        decoding = [g for g in self.live if g.stage == DECODING and g.first_row is None and g.can_decode]
        prefilling = [g for g in self.live if g.stage == PREFILLING and not g.waits_for_verdict]
        if decoding and (self.prefill_ran_last or not prefilling):
            self.prefill_ran_last = False
            for pool in self.pools:
                self.decode(pool, [g for g in decoding if g.pool is pool])
        elif prefilling:
            self.prefill_ran_last = True
            self.prefill(prefilling[0])
        return bool(decoding or prefilling)

    def admit(self, generation: Generation, pool) -> None:
        try:
            generation.slot = pool.take(generation)
        except MemoryError as error:
            self.end(generation, FAILED, "RESOURCE_EXHAUSTED", f"no memory for the KV caches: {error}")
            return
        generation.pool, generation.stage = pool, PREFILLING
        decoder, sampling = self.decoder, generation.sampling
        generation.needs_full_row = sampling.needs_full_row(decoder.candidates, decoder.vocabulary)
        generation.prefill = Prefill(decoder, generation.prompt, generation.needs_full_row)
        generation.cached_lengths = pool.lengths[:, generation.slot]  # [layers], a view
        with self.changed:
            self.running_count += 1
            self.kv_bytes += pool.slot_bytes

    def prefill(self, generation: Generation) -> None:
        prefill = generation.prefill
        if prefill.next_segment == 0:
            generation.tell(STARTED, generation.pool.slot_bytes)
        try:
            leave = generation.exit_from
            if leave is not None and leave <= prefill.next_segment:
                prefill.withdraw()
            options = self.begin_run(generation)
            end, row = prefill.run_next(generation.pool, generation.slot, generation.cached_lengths, options)
        except Exception as error:
            self.broken([generation], error)
            return
        finally:
            self.end_run()
        if end is not None:
            generation.tell(SEGMENT_END, *end)
        if row is not None:
            generation.stage, generation.first_row = DECODING, row
            generation.touched = time.monotonic()
            generation.tell(PREFILLED, prefill, prefill.begun - generation.started, time.monotonic() - prefill.begun)
            generation.prefill = None

    def decode(self, pool, batch: list) -> None:
        if not batch:
            return
        try:
            logits = pool.step(batch, self.begin_run(batch[0] if len(batch) == 1 else None))
        except Exception as error:
            self.broken(batch, error)
            return
        finally:
            self.end_run()
        for generation in batch:
            self.next_token(generation, logits.row(generation.slot, LogitRow))

    def draw_first_tokens(self) -> None:
        """The logits of a prefill wait for credit, then need no computation."""
        for generation in self.live:
            if generation.stage == DECODING and generation.first_row is not None and generation.can_decode:
                row, generation.first_row = generation.first_row, None
                self.next_token(generation, row)

    def next_token(self, generation: Generation, row: LogitRow) -> None:
        if generation.tokens < len(generation.replay):
            drawn = generation.replay[generation.tokens]
        else:
            try:
                token = sample(generation.sampling, generation.tokens, row)
            except Exception as error:
                self.broken([generation], error)
                return
            drawn = token.id
            with self.changed:
                generation.credit -= 1
                generation.touched = time.monotonic()
            generation.tell(TOKEN, token)
        generation.last_token = drawn
        generation.tokens += 1
        if drawn in generation.end_tokens:
            self.end(generation, FINISHED, "END_OF_SEQUENCE")
        elif generation.tokens >= generation.max_tokens:
            self.end(generation, FINISHED, "LENGTH")

    def begin_run(self, alone) -> ort.RunOptions:
        options = ort.RunOptions()
        with self.changed:
            self.run_options, self.run_serves, self.run_began = options, alone, time.monotonic()
            options.terminate = self.stopping or (alone is not None and alone.closed is not None)
        return options

    def end_run(self) -> None:
        with self.changed:
            self.run_options = self.run_serves = self.run_began = None

    def broken(self, generations: list, error: Exception) -> None:
        """A call failed: its generations are lost, the engine goes on."""
        for generation in generations:
            # A call that was stopped on purpose fails too: the reason is told where it is known.
            if not generation.closed and not self.stopping:
                logging.error("a generation failed", exc_info=error)
                self.end(generation, FAILED, "INTERNAL", f"the decoder failed: {error!r}")

    def end(self, generation: Generation, event: str, *values) -> None:
        if generation.stage == ENDED:
            return
        seated = generation.stage in (PREFILLING, DECODING)
        if seated:
            generation.pool.free(generation.slot)
        generation.stage = ENDED
        generation.prefill = generation.first_row = None
        # The place is free before the caller hears of it, so it can start the next generation.
        with self.changed:
            self.live_count -= 1
            if seated:
                self.running_count -= 1
                self.kv_bytes -= generation.pool.slot_bytes
        generation.tell(event, *values)
