package io.winnow.cli;

import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.chat.Question;
import io.winnow.cli.explain.Explanation;
import io.winnow.cli.explain.Trace;
import io.winnow.cli.explain.TraceStores;
import io.winnow.cli.mesh.MeshPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One question about one picture. */
@Command(
    name = "ask",
    description = {
      "Asks a question about a picture and streams the answer.",
      "Uses --url, or a running serve of this checkout, or starts the services for this question."
    })
final class AskCommand implements Callable<Integer> {

  /** Above what any service takes; keeps a mistaken path from filling the memory. */
  private static final int MAX_PICTURE_BYTES = 64 << 20;

  private final Checkout checkout;

  @Parameters(paramLabel = "PICTURE", description = "PNG, JPEG, WebP, GIF or BMP file.")
  private Path picture = Path.of("");

  @Parameters(paramLabel = "QUESTION", description = "For example \"What color is the heart?\"")
  private String question = "";

  @Mixin private ServiceOptions services = new ServiceOptions();

  @Option(names = "--max-tokens", paramLabel = "N", description = "Longest answer, in tokens.")
  private @Nullable Integer maxTokens;

  @Mixin private ReductionOptions reduction = new ReductionOptions();

  @Option(
      names = "--detail",
      paramLabel = "LEVEL",
      description = "How closely to look at the picture: low, high or auto.")
  private @Nullable String detail;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = {
        "Write which visual tokens were kept: numbers to a .json file, a drawing to a .png file.",
        "May be given twice."
      })
  private List<Path> reports = List.of();

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  private boolean json;

  @Option(
      names = "--trace",
      description = {
        "Print where the time to first token went, from the services' own traces.",
        "./winnow explain --last prints it again."
      })
  private boolean trace;

  @Spec private @Nullable CommandSpec spec;

  AskCommand(Checkout checkout) {
    this.checkout = checkout;
  }

  @Override
  public Integer call() throws CommandFailure {
    services.check();
    ReportFiles files = new ReportFiles(reports);
    if (files.problem().isPresent()) {
      throw new ParameterException(spec().commandLine(), files.problem().get());
    }
    Question asked =
        new Question(
            pictureBytes(),
            question,
            services.model(),
            maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens),
            reduction.wish(files.wanted()),
            Optional.ofNullable(detail));
    services.use(checkout, MeshPlan.QUICK_START, (url, stores) -> ask(asked, url, stores, files));
    return 0;
  }

  /** Reads no more than a picture may have, since a device's size says nothing. */
  private byte[] pictureBytes() throws CommandFailure {
    try (InputStream file = Files.newInputStream(picture)) {
      byte[] bytes = file.readNBytes(MAX_PICTURE_BYTES + 1);
      if (bytes.length > MAX_PICTURE_BYTES) {
        throw new CommandFailure(
            "%s has more than %d MiB, too many for a picture"
                .formatted(picture, MAX_PICTURE_BYTES >> 20));
      }
      return bytes;
    } catch (IOException e) {
      String problem = Files.isDirectory(picture) ? " is a folder" : " cannot be read";
      throw new CommandFailure(picture + (Files.exists(picture) ? problem : " does not exist"), e);
    }
  }

  private void ask(Question asked, URI url, List<URI> stores, ReportFiles files)
      throws IOException {
    PrintWriter out = spec().commandLine().getOut();
    Optional<String> traceId = trace ? Optional.of(ChatClient.newTraceId()) : Optional.empty();
    ChatClient client = new ChatClient(url, services.apiKey(), traceId);
    Answer answer = client.ask(asked, json ? text -> {} : text -> print(out, text));
    if (json) {
      out.println(AnswerReport.json(answer));
    } else {
      out.println();
      out.println();
      out.print(AnswerReport.table(answer));
    }
    out.flush();
    if (traceId.isPresent()) {
      explain(traceId.get(), new TraceStores(stores), out);
    }
    files.write(asked, answer, spec().commandLine().getErr());
  }

  private void explain(String traceId, TraceStores stores, PrintWriter out) throws IOException {
    List<byte[]> parts = stores.trace(traceId);
    Trace found =
        Trace.of(traceId, TraceStores.spans(parts))
            .orElseThrow(
                () ->
                    new IOException(
                        "the services keep no traces; winnow.traces.store-bytes switches that on"));
    try (OutputStream kept = Files.newOutputStream(checkout.lastTraceFile())) {
      for (byte[] part : parts) {
        kept.write(part);
        kept.write('\n');
      }
    }
    PrintWriter to = json ? spec().commandLine().getErr() : out; // one JSON object and nothing else
    to.println();
    ExplainCommand.print(Explanation.of(found), to, null);
  }

  private static void print(PrintWriter out, String text) {
    out.print(text);
    out.flush();
  }

  private CommandSpec spec() {
    return Usage.injected(spec);
  }
}
