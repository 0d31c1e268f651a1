package io.winnow.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.winnow.cli.explain.Explanation;
import io.winnow.cli.explain.OtlpJson;
import io.winnow.cli.explain.Trace;
import io.winnow.cli.explain.TraceSpan;
import io.winnow.cli.explain.TraceStores;
import io.winnow.cli.explain.Waterfall;
import io.winnow.cli.mesh.RunningServe;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Where a request's time went. */
@Command(
    name = "explain",
    description = {
      "Prints where the time to first token of a request went.",
      "Reads a collector's file (OTLP JSON), or asks the services' own stores of recent traces."
    })
final class ExplainCommand implements Callable<Integer> {

  /** What stands for standard input. */
  private static final Path PIPE = Path.of("-");

  private final Checkout checkout;
  private final InputStream in;

  @Parameters(
      arity = "0..1",
      paramLabel = "TRACE_ID",
      description = "The trace, 32 hexadecimal digits.")
  private @Nullable String traceId;

  @Option(names = "--last", description = "Take the latest request.")
  private boolean last;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = {
        "OTLP JSON, as the collector's file exporter writes it; - is standard input.",
        "Once for each, where it rotates them."
      })
  private List<Path> files = List.of();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = {
        "HTTP address of a service that keeps traces; once for each, decoder-svc first.",
        "Default: the running serve of this checkout, else what the last ask --trace left."
      })
  private List<URI> urls = List.of();

  @Option(names = "--svg", paramLabel = "FILE", description = "Draw the waterfall too.")
  private @Nullable Path svg;

  @Spec private @Nullable CommandSpec spec;

  /**
   * @param in standard input; the caller's to close
   */
  ExplainCommand(Checkout checkout, InputStream in) {
    this.checkout = checkout;
    this.in = in;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (last == (traceId != null)) {
      throw new ParameterException(
          spec().commandLine(), "give either a TRACE_ID or --last, not both");
    }
    if (!files.isEmpty() && !urls.isEmpty()) {
      throw new ParameterException(spec().commandLine(), "give either --file or --url, not both");
    }
    try {
      Optional<Trace> trace = trace();
      if (trace.isEmpty()) {
        throw new CommandFailure(
            last
                ? "no request is held there (any more); ask something, and give its spans a second"
                : "trace %s is not held there (any more), or holds no request".formatted(traceId));
      }
      print(Explanation.of(trace.get()), spec().commandLine().getOut(), svg);
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    return 0;
  }

  /** Prints table and waterfall, and draws where that is wanted. */
  static void print(Explanation explanation, PrintWriter out, @Nullable Path svg)
      throws IOException {
    Waterfall waterfall = new Waterfall(explanation);
    out.print(explanation.table());
    out.println();
    out.print(waterfall.text());
    out.flush();
    if (svg != null) {
      Files.writeString(svg, waterfall.svg());
    }
  }

  private Optional<Trace> trace() throws IOException {
    if (!files.isEmpty()) {
      return chosen(spans(files));
    }
    List<URI> stores = urls.isEmpty() ? running() : urls;
    if (!stores.isEmpty()) {
      return stored(new TraceStores(stores));
    }
    if (!Files.exists(checkout.lastTraceFile())) {
      throw new IOException("no serve of this checkout runs, and no ask --trace has left a trace");
    }
    return chosen(spans(List.of(checkout.lastTraceFile())));
  }

  private List<TraceSpan> spans(List<Path> sources) throws IOException {
    List<TraceSpan> spans = new ArrayList<>();
    for (Path source : sources) {
      spans.addAll(source.equals(PIPE) ? read(source, in) : read(source));
    }
    return spans;
  }

  private static List<TraceSpan> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + " does not exist");
    }
    try (InputStream json = Files.newInputStream(file)) {
      return read(file, json);
    }
  }

  private static List<TraceSpan> read(Path source, InputStream json) throws IOException {
    try {
      return OtlpJson.read(json);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s holds no OTLP JSON: %s".formatted(source, e.getOriginalMessage()), e);
    }
  }

  private Optional<Trace> stored(TraceStores stores) throws IOException {
    Optional<String> id = traceId == null ? stores.last() : Optional.of(traceId);
    return id.isEmpty()
        ? Optional.empty()
        : Trace.of(id.get(), TraceStores.spans(stores.trace(id.get())));
  }

  private Optional<Trace> chosen(List<TraceSpan> spans) {
    return traceId == null ? Trace.last(spans) : Trace.of(traceId, spans);
  }

  private List<URI> running() throws IOException {
    return RunningServe.find(checkout.serveFile()).map(RunningServe::stores).orElse(List.of());
  }

  private CommandSpec spec() {
    return Usage.injected(spec);
  }
}
