"""How many threads a computation gets."""

import math
import os


def processors(cgroup: str = "/sys/fs/cgroup") -> int:
    """Processors that this process may use: those of its affinity, or of its container's quota if that is less."""
    allowed = len(os.sched_getaffinity(0))
    for quota_file, period_file in (("cpu.max", "cpu.max"), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota = open(os.path.join(cgroup, quota_file)).read().split()[0]
            period = open(os.path.join(cgroup, period_file)).read().split()[-1]
        except OSError:
            continue  # the other version of cgroups, or none
        if quota not in ("max", "-1"):
            allowed = min(allowed, math.ceil(int(quota) / int(period)))
    return max(1, allowed)
