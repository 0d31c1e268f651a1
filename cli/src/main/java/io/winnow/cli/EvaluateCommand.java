package io.winnow.cli;

import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Evaluation;
import io.winnow.cli.evaluate.EvaluationReport;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.QuestionFile;
import io.winnow.cli.evaluate.Questioner;
import io.winnow.cli.evaluate.StratifiedSample;
import io.winnow.cli.mesh.MeshPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Questions with known answers, through the services. */
@Command(
    name = "evaluate",
    description = {
      "Asks questions whose answers are known and prints how many are answered right.",
      "Uses --url, or a running serve of this checkout, or starts the services for this."
    })
final class EvaluateCommand implements Callable<Integer> {

  private static final int MAX_CONCURRENCY = 64;

  private final Checkout checkout;

  @Mixin private ServiceOptions services = new ServiceOptions();

  @Mixin private ReductionOptions reduction = new ReductionOptions();

  @Option(
      names = "--questions",
      paramLabel = "FILE",
      description = "Questions with answers. Default: demo-model/heldout/questions.tsv.")
  private @Nullable Path questions;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Ask only N of the questions, evenly chosen from every type.")
  private @Nullable Integer limit;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "4",
      description = "Questions under way at once (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the result there, with every question that was answered wrong.")
  private @Nullable Path json;

  @ArgGroup(exclusive = false, heading = "Every method over a grid of budgets:%n")
  private @Nullable CurveOptions curves;

  @Spec private @Nullable CommandSpec spec;

  EvaluateCommand(Checkout checkout) {
    this.checkout = checkout;
  }

  @Override
  public Integer call() throws CommandFailure {
    services.check();
    if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
      throw usage("--concurrency is " + concurrency + ", must be in 1.." + MAX_CONCURRENCY);
    }
    if (limit != null && limit < 1) {
      throw usage("--limit is " + limit + ", must be at least 1");
    }
    if (curves != null) {
      curves.check(spec().commandLine());
    }
    List<KnownQuestion> chosen = chosen();
    services.use(checkout, MeshPlan.LONG_RUN, url -> work(chosen, url));
    return 0;
  }

  private List<KnownQuestion> chosen() throws CommandFailure {
    Path file =
        questions == null ? checkout.root().resolve("demo-model/heldout/questions.tsv") : questions;
    try {
      List<KnownQuestion> all = QuestionFile.read(file);
      int most = curves == null ? all.size() : CurveOptions.DEFAULT_LIMIT;
      return StratifiedSample.take(all, limit == null ? most : limit);
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private void work(List<KnownQuestion> chosen, URI url) throws IOException {
    ChatClient client = new ChatClient(url, services.apiKey(), Optional.empty());
    PrintWriter out = spec().commandLine().getOut();
    try (Questioner questioner =
        new Questioner(asked -> client.ask(asked, text -> {}), services.model(), concurrency)) {
      out.print(
          curves == null
              ? evaluate(questioner, chosen)
              : curves.write(
                  curves.files(checkout, services.recipes(checkout)),
                  questioner,
                  chosen,
                  this::say));
      out.flush();
    }
  }

  private String evaluate(Questioner questioner, List<KnownQuestion> chosen) throws IOException {
    List<Asked> asked =
        questioner.ask(chosen, reduction.wish(false), count -> progress(count, chosen.size()));
    Evaluation evaluation = new Evaluation(asked);
    if (json != null) {
      Files.writeString(json, EvaluationReport.json(evaluation).toPrettyString() + "\n");
    }
    return EvaluationReport.table(evaluation);
  }

  /** Says at every tenth how far it is. */
  private void progress(int count, int total) {
    if (10L * count / total > 10L * (count - 1) / total) {
      say("%d of %d questions".formatted(count, total));
    }
  }

  private void say(String line) {
    spec().commandLine().getErr().println("winnow: " + line);
  }

  private ParameterException usage(String problem) {
    return new ParameterException(spec().commandLine(), problem);
  }

  private CommandSpec spec() {
    return Usage.injected(spec);
  }
}
