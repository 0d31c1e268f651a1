package io.winnow.cli;

import com.google.protobuf.util.JsonFormat;
import io.winnow.cli.calibrate.CalibrationBridge;
import io.winnow.cli.calibrate.RecipeSummary;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.QuestionFile;
import io.winnow.cli.evaluate.StratifiedSample;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.v1.CalibrateBegin;
import io.winnow.v1.CalibrateFinished;
import io.winnow.v1.CalibrationProgress;
import io.winnow.v1.CollectStarted;
import io.winnow.v1.FitPruneCalibration;
import io.winnow.v1.VtwCalibration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Finds recipes for pruning methods. */
@Command(
    name = "calibrate",
    description = {
      "Finds recipes for FitPrune or VTW on questions about pictures, and stores them.",
      "Uses the services at --decoder and --pruner, or starts services for this, on an export",
      "of the bundled model that has a segment for each layer."
    })
final class CalibrateCommand implements Callable<Integer> {

  private static final Duration TIMEOUT = Duration.ofHours(2);
  private static final Duration SAY_EVERY = Duration.ofSeconds(5);

  private final Checkout checkout;
  private long saidNanos = System.nanoTime();

  @Option(
      names = "--method",
      required = true,
      paramLabel = "METHOD",
      description = "fitprune or vtw.")
  private String method = "";

  @Option(
      names = "--flops",
      split = ",",
      paramLabel = "R",
      description = "FitPrune: share of the prefill's MACs that may remain; several make several.")
  private List<Double> flops = new ArrayList<>();

  @Option(
      names = "--visual-saved",
      split = ",",
      paramLabel = "R",
      description = "FitPrune: share of the visual tokens' MACs to save, as its paper counts.")
  private List<Double> visualSaved = new ArrayList<>();

  @Option(
      names = "--threshold",
      paramLabel = "NATS",
      description = "VTW: largest mean divergence of the answers (default: 0.003).")
  private @Nullable Double threshold;

  @Option(
      names = "--answer-tokens",
      paramLabel = "N",
      description = "VTW: answer tokens to compare (default: 1, as its paper does).")
  private @Nullable Integer answerTokens;

  @Option(
      names = "--questions",
      paramLabel = "FILE",
      description = "Questions about pictures. Default: demo-model/calibration/questions.tsv.")
  private @Nullable Path questions;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "65",
      description = "Questions to use, evenly from every type (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name of the recipe. Default: made of model, method and budget.")
  private @Nullable String name;

  @Option(
      names = "--models",
      paramLabel = "REPO",
      description = "Repository to start services on. Default: an export of the bundled model.")
  private @Nullable Path models;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model to calibrate. Default: the repository's first.")
  private @Nullable String model;

  @Option(
      names = "--recipes",
      paramLabel = "FOLDER",
      description = "Where services started here store recipes. Default: as for serve.")
  private @Nullable Path recipes;

  @Option(
      names = "--decoder",
      paramLabel = "HOST:PORT",
      description = "Use this decoder-svc (gRPC); needs --pruner.")
  private @Nullable String decoder;

  @Option(
      names = "--pruner",
      paramLabel = "HOST:PORT",
      description = "Use this pruner-svc (gRPC); it stores recipes where it is set to.")
  private @Nullable String pruner;

  @Mixin private ApiKeyOption apiKey = new ApiKeyOption();

  @Spec private @Nullable CommandSpec spec;

  CalibrateCommand(Checkout checkout) {
    this.checkout = checkout;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (samples < 1) {
      throw usage("--samples is " + samples + ", must be at least 1");
    }
    if ((decoder == null) != (pruner == null)) {
      throw usage("--decoder and --pruner go together");
    }
    apiKey.check();
    List<CalibrateBegin> wishes = wishes();
    try {
      List<KnownQuestion> chosen = StratifiedSample.take(QuestionFile.read(questions()), samples);
      if (decoder != null && pruner != null) {
        calibrate(decoder, pruner, chosen, wishes);
      } else {
        try (Mesh mesh = Mesh.start(plan())) {
          calibrate(grpc(mesh, Mesh.DECODER), grpc(mesh, Mesh.PRUNER), chosen, wishes);
        }
      }
      return 0;
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private List<CalibrateBegin> wishes() {
    List<CalibrateBegin> wishes =
        switch (method) {
          case "fitprune" -> fitPrune();
          case "vtw" -> List.of(vtw());
          default ->
              throw usage(
                  "--method is \"" + method + "\", must be fitprune or vtw: others need no recipe");
        };
    if (name != null && wishes.size() > 1) {
      throw usage("--name is for one recipe, there are " + wishes.size());
    }
    return wishes;
  }

  private List<CalibrateBegin> fitPrune() {
    if (threshold != null || answerTokens != null) {
      throw usage("--threshold and --answer-tokens are for vtw");
    }
    List<CalibrateBegin> wishes = new ArrayList<>();
    for (double ratio : flops) {
      wishes.add(fitPrune(FitPruneCalibration.newBuilder().setFlopsRatio(share("--flops", ratio))));
    }
    for (double ratio : visualSaved) {
      wishes.add(
          fitPrune(
              FitPruneCalibration.newBuilder()
                  .setVisualSavedRatio(share("--visual-saved", ratio))));
    }
    if (wishes.isEmpty()) {
      throw usage("fitprune needs a budget, for example --flops 0.45");
    }
    return wishes;
  }

  private CalibrateBegin fitPrune(FitPruneCalibration.Builder fitPrune) {
    return begin().setFitprune(fitPrune).build();
  }

  private CalibrateBegin vtw() {
    if (!flops.isEmpty() || !visualSaved.isEmpty()) {
      throw usage("--flops and --visual-saved are for fitprune; vtw has --threshold");
    }
    return begin()
        .setVtw(
            VtwCalibration.newBuilder()
                .setThreshold(threshold == null ? 0 : threshold)
                .setAnswerTokens(answerTokens == null ? 0 : answerTokens))
        .build();
  }

  private CalibrateBegin.Builder begin() {
    return CalibrateBegin.newBuilder().setRecipeName(name == null ? "" : name);
  }

  private double share(String option, double value) {
    if (!(value > 0 && value < 1)) {
      throw usage(option + " is " + value + ", must be above 0 and below 1");
    }
    return value;
  }

  private void calibrate(
      String decoderTarget,
      String prunerTarget,
      List<KnownQuestion> chosen,
      List<CalibrateBegin> wishes)
      throws IOException {
    PrintWriter out = spec().commandLine().getOut();
    try (CalibrationBridge bridge =
        new CalibrationBridge(decoderTarget, prunerTarget, apiKey.key(), TIMEOUT)) {
      CollectStarted started = bridge.open(model == null ? "" : model);
      say(
          "model \"%s\", %d layers, %d prompts"
              .formatted(started.getModel(), started.getShape().getLayers(), chosen.size()));
      for (KnownQuestion question : chosen) {
        bridge.prepare(question);
      }
      for (CalibrateBegin wish : wishes) {
        long begun = System.nanoTime();
        CalibrateFinished finished = bridge.find(wish, this::progress);
        out.print(report(finished, Duration.ofNanos(System.nanoTime() - begun)));
        out.println();
        out.flush();
      }
    }
  }

  private static String report(CalibrateFinished finished, Duration took) throws IOException {
    StringBuilder text = new StringBuilder(RecipeSummary.of(finished.getRecipe()));
    finished
        .getNotesList()
        .forEach(note -> text.append("note            ").append(note).append('\n'));
    text.append("took            %.1f s%n".formatted(took.toMillis() / 1000.0));
    return finished.getStoredAs().isEmpty()
        ? text.append("not stored by the pruner; this is the file:\n")
            .append(JsonFormat.printer().print(finished.getRecipe()))
            .append('\n')
            .toString()
        : text.append("stored as       ").append(finished.getStoredAs()).append('\n').toString();
  }

  /** Says at every end of a phase, and every few seconds before it, how far it is. */
  private void progress(CalibrationProgress progress) {
    long now = System.nanoTime();
    int done = progress.getDone();
    if (done == progress.getTotal() || now - saidNanos > SAY_EVERY.toNanos()) {
      say("%s: %d of %d prompts".formatted(progress.getPhase(), done, progress.getTotal()));
      saidNanos = now;
    }
  }

  private MeshPlan plan() throws CommandFailure, IOException {
    PrintWriter err = spec().commandLine().getErr();
    Path repository = models == null ? checkout.layerwiseModels(err) : checkout.models(models, err);
    say("starting the services");
    return new MeshPlan(
        checkout.root(),
        repository,
        FreePorts.find(1).get(0),
        checkout.logs(),
        MeshPlan.LONG_RUN,
        MeshPlan.recipesIn(checkout.recipes(recipes, models)));
  }

  private static String grpc(Mesh mesh, String module) {
    return "127.0.0.1:" + mesh.service(module).ports().grpc();
  }

  private Path questions() {
    return questions == null
        ? checkout.root().resolve("demo-model/calibration/questions.tsv")
        : questions;
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
