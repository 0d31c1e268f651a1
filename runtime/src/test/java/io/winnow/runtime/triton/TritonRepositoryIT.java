package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A server of its own on the repository as modelkit wrote it. */
@OnTriton
class TritonRepositoryIT {

  private static final long MEBIBYTE = 1 << 20;

  @Test
  void whatModelkitWritesLoadsAsItIsAndDoesNotGrow() throws Exception {
    RepositoryModel model = DemoModel.model();
    TritonSettings settings = TritonSettings.defaults().withProbe(Duration.ofSeconds(30));
    try (RealTriton triton = RealTriton.start(model.root());
        DecoderRuntime decoder = TritonRuntimes.decoder(model, triton.address(), settings);
        EncoderRuntime encoder = TritonRuntimes.encoder(model, triton.address(), settings)) {
      assertThat(decoder.alive()).isTrue();
      assertThat(decoder.load().slots()).isEqualTo(16);
      assertThat(encoder.encode(DemoModel.pixels("ex00.png")).tokens()).isEqualTo(576);

      generate(decoder, 60);
      assertThat(leastGrowth(decoder, triton.pid()))
          .as("MiB that the server and its models grow in 100 generations")
          .isLessThan(20);
    }
  }

  /** Of a few rounds: a leak shows in each of them, what allocators keep does not. */
  private static long leastGrowth(DecoderRuntime decoder, long pid) throws IOException {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 4 && least >= 20; round++) {
      long before = residentBytes(pid);
      generate(decoder, 100);
      least = Math.min(least, (residentBytes(pid) - before) / MEBIBYTE);
    }
    return least;
  }

  /** One after the other, some of them given up. */
  private static void generate(DecoderRuntime decoder, int times) {
    for (int time = 0; time < times; time++) {
      RecordingListener listener = new RecordingListener();
      var generation =
          decoder.start(
              new GenerationRequest(
                  DemoModel.textPrompt(150 + time % 50),
                  PrefillPlan.keepAll(),
                  Sampling.greedy(),
                  4),
              listener);
      if (time % 3 == 0) {
        listener.await(RecordingListener.Prefilled.class);
        generation.close();
      } else {
        generation.decode(4);
      }
      var unused = listener.awaitEnd();
    }
  }

  /** Resident memory of a process and those that it started. */
  private static long residentBytes(long pid) throws IOException {
    long bytes = 0;
    for (ProcessHandle process : ProcessHandle.of(pid).orElseThrow().descendants().toList()) {
      bytes += resident(process.pid());
    }
    return bytes + resident(pid);
  }

  private static long resident(long pid) throws IOException {
    String pages = Files.readString(Path.of("/proc/" + pid + "/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
