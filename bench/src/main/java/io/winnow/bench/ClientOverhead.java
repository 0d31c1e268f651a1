package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.ClientSettings;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.SharedMemorySettings;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What our client of Triton costs: a small tensor against NVIDIA's Python client, and tensors of
 * several sizes in messages against shared memory. All times hold building the request and reading
 * the answer.
 */
final class ClientOverhead {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));
  private static final int SMALL_FLOATS = 16;
  private static final int SMALL_CALLS = 100; // of a block
  private static final int LARGE_CALLS = 9; // of a block
  private static final int WARM_UP_CALLS = 5_000;
  private static final int[] KIBIBYTES = {16, 64, 256, 1_024, 4_096};

  private final String address;
  private final int rounds;
  private final Consumer<String> progress;

  ClientOverhead(String address, int rounds, Consumer<String> progress) {
    this.address = address;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Whether the server runs the model. */
  static boolean serves(String address) {
    try (TritonEndpoint endpoint = TritonEndpoint.at(address)) {
      return endpoint.modelReady("echo", "", CALL);
    } catch (TritonException e) {
      return false;
    }
  }

  /** A table: medians of blocks of calls, taken in turns, ours second. */
  String smallTensor(ClientPeer peer) throws IOException {
    try (TritonEndpoint ours = endpoint(SharedMemorySettings.off())) {
      progress.accept("small tensor: warming up");
      measure(ours, SMALL_FLOATS, WARM_UP_CALLS);
      peer.measure(SMALL_FLOATS, WARM_UP_CALLS / 10);
      PairedTimes times = new PairedTimes();
      for (int round = 0; round < rounds; round++) {
        double theirs = Quantiles.median(peer.measure(SMALL_FLOATS, SMALL_CALLS));
        times.add(theirs, Quantiles.median(measure(ours, SMALL_FLOATS, SMALL_CALLS)));
      }
      progress.accept("small tensor: done");
      return times.table("tritonclient " + peer.version() + " (Python, C core)", "Winnow (Java)");
    }
  }

  /** A table: medians of blocks of calls at each size, in messages and through shared memory. */
  String sizes() {
    MarkdownTable table =
        new MarkdownTable(
            "in and out, KiB each", "in messages, ms", "shared memory, ms", "difference, ms");
    try (TritonEndpoint messages = endpoint(SharedMemorySettings.off());
        TritonEndpoint shared = endpoint(new SharedMemorySettings(0, 256L << 20))) {
      for (int kibibytes : KIBIBYTES) {
        int floats = kibibytes * 1_024 / Float.BYTES;
        measure(messages, floats, 20 * LARGE_CALLS);
        measure(shared, floats, 20 * LARGE_CALLS);
        PairedTimes times = new PairedTimes();
        for (int round = 0; round < rounds; round++) {
          double first = Quantiles.median(measure(messages, floats, LARGE_CALLS));
          times.add(first, Quantiles.median(measure(shared, floats, LARGE_CALLS)));
        }
        progress.accept(kibibytes + " KiB: done");
        table.row(
            kibibytes,
            decimals(2, times.firstQuantile(0.5)),
            decimals(2, times.secondQuantile(0.5)),
            decimals(2, times.differenceQuantile(0.5)));
      }
    }
    return table.toString();
  }

  private TritonEndpoint endpoint(SharedMemorySettings sharing) {
    return TritonEndpoint.at(address, ClientSettings.defaults().with(sharing));
  }

  /** Times of calls, milliseconds. // [calls] */
  private static double[] measure(TritonEndpoint endpoint, int floats, int calls) {
    float[] values = new float[floats];
    double[] millis = new double[calls];
    for (int i = 0; i < calls; i++) {
      long start = System.nanoTime();
      InferRequest request =
          InferRequest.to("echo")
              .input("x", Tensor.fp32(values, floats))
              .output("x", (long) floats * Float.BYTES)
              .build();
      float[] answer = endpoint.infer(request, CALL).output("x").toFloats();
      millis[i] = (System.nanoTime() - start) / 1e6;
      if (answer.length != floats) {
        throw new IllegalStateException(answer.length + " of " + floats + " floats came back");
      }
    }
    return millis;
  }
}
