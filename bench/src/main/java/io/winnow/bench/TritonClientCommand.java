package io.winnow.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./winnow bench triton-client}. */
@Command(
    name = "triton-client",
    description = {
      "Our client of Triton against NVIDIA's, and messages against shared memory, on a real server",
      "that is fetched from the package registry if it is not there. Takes two minutes."
    },
    mixinStandardHelpOptions = true)
final class TritonClientCommand implements Callable<Integer> {

  /** Where the client's tests keep the model that echoes. */
  private static final String MODELS = "runtime/src/test/resources/triton-models";

  private static final String NOTE =
      """
      Medians of blocks of calls, taken in turns on one server; building the request and reading the answer are in the
      times. The model echoes its input in Python, so most of each time is the server's.
      """;

  @Option(
      names = "--peer-python",
      paramLabel = "FILE",
      description =
          "Python with bench/peers/triton-client/requirements.txt. Default:"
              + " bench/peers/triton-client/.venv/bin/python.")
  private @Nullable Path peerPython;

  @Option(
      names = "--rounds",
      defaultValue = "40",
      description = "Interleaved blocks of calls (default: 40).")
  private int rounds;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Folder for the result. Default: bench/results of this checkout.")
  private Path out = root().resolve("bench/results");

  @Override
  public Integer call() throws Exception {
    Path logs = root().resolve(".winnow/logs/bench");
    Files.createDirectories(logs);
    String body;
    try (TritonProcess server =
        TritonProcess.start(
            root(), root().resolve(MODELS), "echo", logs.resolve("triton-echo.log").toFile())) {
      server.await(() -> ClientOverhead.serves(server.address()));
      ClientOverhead overhead =
          new ClientOverhead(
              server.address(), rounds, line -> System.err.println("winnow: " + line));
      String small;
      try (ClientPeer peer =
          ClientPeer.start(root(), python(), server.address(), logs.resolve("tritonclient.log"))) {
        small = overhead.smallTensor(peer);
      }
      body =
          "## 16 floats, in and out\n\n"
              + small
              + "\n## Larger tensors\n\n"
              + overhead.sizes()
              + "\n"
              + NOTE;
    }
    System.out.println(
        new ResultFiles(root(), out)
            .write(
                "triton-client.md",
                "The client of Triton",
                body,
                "./winnow bench triton-client --rounds " + rounds));
    return 0;
  }

  private Path python() {
    return peerPython == null
        ? root().resolve("bench/peers/triton-client/.venv/bin/python")
        : peerPython.toAbsolutePath();
  }

  private static Path root() {
    return Path.of(System.getProperty("winnow.root", ".")).toAbsolutePath().normalize();
  }
}
