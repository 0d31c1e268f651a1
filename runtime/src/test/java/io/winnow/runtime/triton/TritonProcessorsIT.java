package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many threads the models take by default: what its container may use. */
@OnTriton
class TritonProcessorsIT {

  /** Pretends to an affinity of 8 processors; reads folders of a cgroup. */
  private static final String PROGRAM =
      """
      import os
      import sys
      from winnow_processors import processors
      os.sched_getaffinity = lambda process: set(range(8))
      for line in sys.stdin:
          print(processors(line.rstrip()))
      """;

  @TempDir Path folder;

  @Test
  void followsTheQuotaOfTheContainerAndTheAffinity() throws Exception {
    List<String> cgroups =
        List.of(
            second("none", "max 100000"),
            second("half", "50000 100000"),
            second("more than two", "250000 100000"),
            second("beyond the affinity", "1600000 100000"),
            first("unlimited", "-1", "100000"),
            first("three", "300000", "100000"),
            folder.resolve("no cgroup").toString());

    assertThat(ModelPython.run(PROGRAM, cgroups))
        .containsExactly("8", "1", "3", "8", "8", "3", "8");
  }

  private String second(String name, String max) throws Exception {
    Path cgroup = Files.createDirectories(folder.resolve(name));
    Files.writeString(cgroup.resolve("cpu.max"), max + "\n");
    return cgroup.toString();
  }

  private String first(String name, String quota, String period) throws Exception {
    Path cpu = Files.createDirectories(folder.resolve(name).resolve("cpu"));
    Files.writeString(cpu.resolve("cpu.cfs_quota_us"), quota + "\n");
    Files.writeString(cpu.resolve("cpu.cfs_period_us"), period + "\n");
    return cpu.getParent().toString();
  }
}
