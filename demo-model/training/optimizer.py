"""Muon for the matrices of the blocks, AdamW for the rest, over processes that average gradients."""

import math

import torch
import torch.distributed as dist


class Muon:
    """Momentum whose update is made orthogonal (Newton-Schulz), so that every direction learns.

    Processes share the work: each orthogonalises its part of the matrices and the parts are summed."""

    def __init__(self, matrices, momentum=0.95, decay=0.005):
        self.matrices, self.momentum, self.decay = matrices, momentum, decay
        self.velocity = [torch.zeros_like(p) for p in matrices]
        self.update = torch.zeros(sum(p.numel() for p in matrices))
        self.by_shape = {}
        for index, p in enumerate(matrices):
            self.by_shape.setdefault(tuple(p.shape), []).append(index)

    @torch.no_grad()
    def step(self, lr):
        rank, world = processes()
        self.update.zero_()
        views = [
            part.view_as(p) for p, part in zip(self.matrices, self.update.split([p.numel() for p in self.matrices]))
        ]
        for velocity, p in zip(self.velocity, self.matrices):
            velocity.lerp_(p.grad, 1 - self.momentum)
        for indices in self.by_shape.values():
            mine = indices[rank::world]
            if mine:
                # Nesterov: look ahead by one step of momentum.
                ahead = [self.matrices[i].grad.lerp(self.velocity[i], self.momentum) for i in mine]
                for i, update in zip(mine, orthogonal(torch.stack(ahead))):
                    views[i].copy_(update)
        if world > 1:
            dist.all_reduce(self.update)
        for p, update in zip(self.matrices, views):
            p.mul_(1 - lr * self.decay).add_(update, alpha=-lr * math.sqrt(max(1, p.shape[0] / p.shape[1])))

    def state(self):
        return self.velocity

    def restore(self, state):
        for velocity, saved in zip(self.velocity, state):
            velocity.copy_(saved)


def orthogonal(stack, steps=5):
    """The nearest (roughly) orthogonal matrix of each. [n, rows, columns]"""
    tall = stack.shape[1] > stack.shape[2]
    x = stack.transpose(1, 2) if tall else stack
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, -4.7750 * gram + 2.0315 * (gram @ gram), x, beta=3.4445)
    return x.transpose(1, 2) if tall else x


class Optimizer:
    """Both optimizers over one flat gradient, which is what the processes exchange."""

    def __init__(self, matrices, others, adam_betas=(0.9, 0.98), decay=0.005, clip=1.0):
        self.parameters, self.clip = [*matrices, *others], clip
        # One number more than the gradients: the progress, on which the processes must agree.
        self.flat = torch.zeros(sum(p.numel() for p in self.parameters) + 1)
        start = 0
        for p in self.parameters:
            p.grad = self.flat[start : start + p.numel()].view_as(p)
            start += p.numel()
        self.muon = Muon(matrices, decay=decay)
        self.adam = torch.optim.AdamW(others, lr=1e-3, betas=adam_betas, weight_decay=0.0)

    def zero(self):
        self.flat.zero_()

    def exchange(self, progress):
        """Averages gradients and progress over the processes; the agreed progress."""
        self.flat[-1] = progress
        _, world = processes()
        if world > 1:
            dist.all_reduce(self.flat)
            self.flat /= world
        return float(self.flat[-1])

    def step(self, muon_lr, adam_lr):
        self.flat[-1] = 0
        norm = float(self.flat.norm())
        if not math.isfinite(norm):
            raise FloatingPointError("the gradient is not finite")
        if self.clip and norm > self.clip:
            self.flat *= self.clip / norm
        self.muon.step(muon_lr)
        for group in self.adam.param_groups:
            group["lr"] = adam_lr
        self.adam.step()
        return norm

    def state(self):
        return {"muon": self.muon.state(), "adam": self.adam.state_dict()}

    def restore(self, state):
        self.muon.restore(state["muon"])
        self.adam.load_state_dict(state["adam"])


def processes():
    """This process's rank and how many there are."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
