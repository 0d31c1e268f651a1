package io.winnow.pruner.calibration;

import io.winnow.pruner.calibration.CalibrationRequest.FitPruneByFlops;
import io.winnow.pruner.calibration.CalibrationRequest.FitPruneByVisualShare;
import io.winnow.pruner.calibration.CalibrationRequest.Vtw;
import io.winnow.pruner.planning.PrefillMacs;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.v1.CalibrationRecord;
import io.winnow.v1.LayerDivergence;
import io.winnow.v1.Recipe;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds one recipe. Blocks its thread until the runs are done. */
public final class Calibration {

  private static final int FORMAT_VERSION = 1;

  private final PromptRuns runs;
  private final Progress progress;
  private final Clock clock;

  public Calibration(PromptRuns runs, Progress progress, Clock clock) {
    this.runs = runs;
    this.progress = progress;
    this.clock = clock;
  }

  /** Searches; prompts that cannot say anything are left out, with a note. */
  public CalibrationResult find(CalibrationRequest request) throws InterruptedException {
    List<String> notes = new ArrayList<>();
    boolean onePicture = !(request.method() instanceof Vtw);
    List<Sample> samples = usable(request.samples(), onePicture, notes);
    if (samples.isEmpty()) {
      return new CalibrationResult.Refused(
          PrunerFailure.of(
              Reason.INVALID_REQUEST,
              "none of the %d prompts can be used: each needs %s"
                  .formatted(
                      request.samples().size(), onePicture ? "exactly one picture" : "a picture"),
              "samples"));
    }
    if (request.method() instanceof Vtw vtw) {
      return new CalibrationResult.Found(vtw(request, vtw, samples), notes);
    }
    Optional<Recipe> recipe = fitPrune(request, samples);
    return recipe.isPresent()
        ? new CalibrationResult.Found(recipe.get(), notes)
        : new CalibrationResult.Refused(
            PrunerFailure.of(
                Reason.IMPOSSIBLE_BUDGET,
                "no tolerated loss of attention saves so much: ask for a larger flops ratio, or a"
                    + " smaller saved share",
                "fitprune"));
  }

  private static List<Sample> usable(List<Sample> samples, boolean onePicture, List<String> notes) {
    List<Sample> textOnly = samples.stream().filter(sample -> sample.visualTokens() == 0).toList();
    List<Sample> several =
        samples.stream().filter(sample -> onePicture && sample.pictures() > 1).toList();
    if (!textOnly.isEmpty()) {
      notes.add("%d prompts without a picture were left out".formatted(textOnly.size()));
    }
    if (!several.isEmpty()) {
      notes.add(
          "%d prompts with several pictures were left out: a recipe's counts are for one"
              .formatted(several.size()));
    }
    return samples.stream()
        .filter(sample -> !textOnly.contains(sample) && !several.contains(sample))
        .toList();
  }

  private Optional<Recipe> fitPrune(CalibrationRequest request, List<Sample> samples)
      throws InterruptedException {
    MeanPrompt prompt = MeanPrompt.of(samples);
    PrefillMacs macs = new PrefillMacs(request.decoder());
    VisualWork work = new VisualWork(request.decoder());
    Goal goal =
        request.method() instanceof FitPruneByFlops flops
            ? new Goal.AllTokens(macs, flops.flopsRatio(), prompt)
            : new Goal.VisualShare(work, ((FitPruneByVisualShare) request.method()).savedShare());
    Optional<FitPruneSearch.Found> found =
        new FitPruneSearch(runs, progress, samples, request.decoder().layers()).search(goal);
    return found.map(
        best -> {
          double remaining = prompt.remainingShare(macs, best.recipe());
          double asked =
              request.method() instanceof FitPruneByFlops flops ? flops.flopsRatio() : remaining;
          double foreseen = best.candidate().foreseen(work)[best.stop()];
          return recipe(request, "fitprune", asked)
              .setVisualSavedRatio(1 - foreseen / best.candidate().unpruned(work))
              .setFittedVisualTokens(prompt.visualTokens())
              .addAllDeleted(Arrays.stream(best.recipe()).boxed().toList())
              .setCalibration(record(samples).setAlpha(best.alpha()))
              .build();
        });
  }

  private Recipe vtw(CalibrationRequest request, Vtw method, List<Sample> samples)
      throws InterruptedException {
    int layers = request.decoder().layers();
    VtwSearch.Found found =
        new VtwSearch(runs, progress, samples, layers)
            .search(method.threshold(), method.answerTokens());
    CalibrationRecord.Builder record =
        record(samples).setThreshold(method.threshold()).setAnswerTokens(method.answerTokens());
    for (int index = 0; index < found.candidates().length; index++) {
      record.addDivergences(
          LayerDivergence.newBuilder()
              .setLayer(found.candidates()[index])
              .setNats(found.divergences()[index]));
    }
    double remaining =
        MeanPrompt.of(samples)
            .remainingShare(new PrefillMacs(request.decoder()), layers, found.withdrawLayer());
    return recipe(request, "vtw", remaining)
        .setWithdrawLayer(found.withdrawLayer())
        .setCalibration(record)
        .build();
  }

  private static Recipe.Builder recipe(
      CalibrationRequest request, String method, double flopsRatio) {
    String name =
        request.recipeName().isEmpty()
            ? "%s-%s-%s".formatted(request.model(), method, label(request, flopsRatio))
            : request.recipeName();
    return Recipe.newBuilder()
        .setFormatVersion(FORMAT_VERSION)
        .setName(name)
        .setMethod(method)
        .setModel(request.model())
        .setLayers(request.decoder().layers())
        .setFlopsRatio(flopsRatio);
  }

  /** What tells recipes of one model and method apart. */
  private static String label(CalibrationRequest request, double flopsRatio) {
    return request.method() instanceof Vtw vtw
        ? vtw.threshold() + (vtw.answerTokens() == 1 ? "" : "-" + vtw.answerTokens())
        : String.format(Locale.ROOT, "%.4g", flopsRatio).replaceAll("0+$", "");
  }

  private CalibrationRecord.Builder record(List<Sample> samples) {
    return CalibrationRecord.newBuilder()
        .setSamples(samples.size())
        .setTextTokens(samples.stream().mapToInt(Sample::textTokens).average().orElseThrow())
        .setVisualTokens(samples.stream().mapToInt(Sample::visualTokens).average().orElseThrow())
        .setCreated(clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
