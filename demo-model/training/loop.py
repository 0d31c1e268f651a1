"""One stage of training: steps until the steps or the minutes of processor time are used up.

What has been reached is saved on the way, so that a run can go on."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist

from optimizer import Optimizer, processes

SAVE_EVERY = 50


@dataclass(frozen=True)
class Plan:
    """How long a stage runs and how fast it learns."""

    name: str
    steps: int
    minutes: float  # of processor time of one process
    muon_lr: float
    adam_lr: float
    warmup: int = 60
    flat: float = 0.0  # share of the stage before the decay begins
    power: float = 1.0
    floor: float = 0.0  # share of the learning rate left at the end

    def scale(self, step, progress):
        left = min(1.0, (1 - progress) / max(1e-6, 1 - self.flat))
        return min(1.0, (step + 1) / self.warmup) * (self.floor + (1 - self.floor) * max(0.0, left) ** self.power)


def train(plan: Plan, module: torch.nn.Module, optimizer: Optimizer, loss_of_step, run: Path):
    """loss_of_step(step) gives the loss and numbers for the log. Returns the seconds of processor time.

    Progress is the larger share of steps and of minutes used. The minutes are this process's own
    processor time: on free cores they are the clock's, and beside another load the learning rate
    waits for the steps instead of running ahead of them."""
    rank, _ = processes()
    saved = run / f"{plan.name}.resume.pt"
    step, before, sums = 0, 0.0, {}
    if saved.exists():
        state = torch.load(saved, weights_only=False)
        module.load_state_dict(state["module"])
        optimizer.restore(state["optimizer"])
        step, before = state["step"], state["seconds"]
    started, mark = time.process_time(), time.monotonic()
    while True:
        used = before + time.process_time() - started
        optimizer.zero()
        loss, numbers = loss_of_step(step)
        loss.backward()
        progress = optimizer.exchange(max(step / plan.steps, used / 60 / plan.minutes))
        if progress >= 1:
            break
        scale = plan.scale(step, progress)
        norm = optimizer.step(plan.muon_lr * scale, plan.adam_lr * scale)
        step += 1
        for key, value in {"loss": loss.detach(), "norm": norm, **numbers}.items():
            sums.setdefault(key, []).append(float(value))
        if step % SAVE_EVERY == 0:
            if rank == 0:
                state = {"module": module.state_dict(), "optimizer": optimizer.state(), "step": step, "seconds": used}
                torch.save(state, saved.with_suffix(".part"))
                saved.with_suffix(".part").rename(saved)
            line = " ".join(f"{key} {sum(values) / len(values):.3f}" for key, values in sums.items() if values)
            pace = (time.monotonic() - mark) / SAVE_EVERY
            log(f"{plan.name} step {step} at {progress:.0%}, {pace:.2f} s a step: {line}")
            mark, sums = time.monotonic(), {}
    return before + time.process_time() - started


def log(text):
    """Only the first process speaks."""
    if processes()[0] == 0:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def barrier():
    if processes()[1] > 1:
        dist.barrier()
