package io.winnow.cli.curves;

import io.winnow.cli.chat.RequestRefusedException;
import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Evaluation;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.Questioner;
import io.winnow.cli.results.InterleavedTimes;
import io.winnow.v1.Recipe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures every setting of the grid: accuracy with several questions under way, then prefill times
 * with one at a time, every setting once in each round.
 */
final class CurveRun {

  /** No decoder is that deep; a service that takes any layer must not keep us asking. */
  private static final int MAX_LAYERS = 256;

  /** Exits are timed over many questions, so each needs fewer repeats. */
  private static final int ROUNDS_PER_REPEAT = 5;

  private final Questioner questioner;
  private final List<KnownQuestion> questions;
  private final int rounds;
  private final Consumer<String> progress;

  /**
   * @param questions at least one
   * @param rounds timed rounds, at least 1
   * @param progress takes a line at each step
   */
  CurveRun(
      Questioner questioner, List<KnownQuestion> questions, int rounds, Consumer<String> progress) {
    this.questioner = questioner;
    this.questions = List.copyOf(questions);
    this.rounds = rounds;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param recipes all there are; those of other models are left out
   * @throws IOException if a question is not answered for another reason than its setting
   */
  Curves run(List<Recipe> recipes) throws IOException {
    String model = probe(Setting.none()).answer().model();
    int layers = layers();
    List<Recipe> ofModel =
        recipes.stream().filter(recipe -> recipe.getModel().equals(model)).toList();
    progress.accept("model %s, %d layers, %d recipes".formatted(model, layers, ofModel.size()));
    Map<Setting, String> refused = new LinkedHashMap<>();
    List<Evaluated> evaluated = new ArrayList<>();
    List<Setting> grid = PruningGrid.of(layers, ofModel);
    for (Setting setting : grid) {
      try {
        evaluated.add(evaluate(setting));
      } catch (RequestRefusedException e) {
        refused.put(setting, String.valueOf(e.getMessage()));
      }
      progress.accept(
          "%d of %d settings: %s, %s"
              .formatted(
                  evaluated.size() + refused.size(),
                  grid.size(),
                  setting.curve(),
                  setting.label()));
    }
    List<CurvePoint> points = points(evaluated);
    return new Curves(points, refused, rounds, layers, exitTimes(evaluated));
  }

  /** Where there are gates to ask. */
  private List<ExitTimes> exitTimes(List<Evaluated> evaluated) throws IOException {
    if (evaluated.stream().noneMatch(each -> each.setting().curve().equals(Setting.DYVTE))) {
      return List.of();
    }
    int repeats = Math.max(1, rounds / ROUNDS_PER_REPEAT);
    List<ExitTimes> times = ExitTimes.measure(questioner, questions, ExitTable.THRESHOLDS, repeats);
    progress.accept("timed exits of %d questions".formatted(times.get(0).pairs().size()));
    return times;
  }

  /** Decoder layers: vtw withdraws before every layer but has nothing to do after the last. */
  private int layers() throws IOException {
    for (int layer = 1; layer <= MAX_LAYERS; layer++) {
      if (probe(Setting.vtw(layer)).method().equals(Setting.NONE)) {
        return layer;
      }
    }
    throw new IOException("vtw withdraws before layer " + MAX_LAYERS + "; no decoder is that deep");
  }

  private Asked probe(Setting setting) throws IOException {
    return questioner.ask(questions.get(0), setting.wish());
  }

  private Evaluated evaluate(Setting setting) throws IOException {
    List<Asked> asked = questioner.ask(questions, setting.wish(), count -> {});
    return new Evaluated(setting, new Evaluation(asked));
  }

  private List<CurvePoint> points(List<Evaluated> evaluated) throws IOException {
    List<Setting> settings = evaluated.stream().map(Evaluated::setting).toList();
    InterleavedTimes times = new InterleavedTimes();
    List<Asked[]> timed = new ArrayList<>(); // each [settings]
    for (int round = 0; round < rounds; round++) {
      Asked[] asked = timedRound(settings, round);
      timed.add(asked);
      times.add(Arrays.stream(asked).mapToDouble(each -> each.millis("prefill")).toArray());
    }
    progress.accept(rounds + " timed rounds");
    List<CurvePoint> points = new ArrayList<>();
    for (int i = 0; i < evaluated.size(); i++) {
      int place = i;
      points.add(
          new CurvePoint(
              settings.get(i),
              evaluated.get(i).evaluation(),
              timed.stream().map(round -> round[place]).toList(),
              times.medianMillis(i),
              // With DyVTE the median question may be one that no gate lets go.
              settings.get(i).dependsOnQuestion() ? times.meanRatio(i) : times.medianRatio(i)));
    }
    return points;
  }

  /** One question at every setting, beginning with another one each round // [settings] */
  private Asked[] timedRound(List<Setting> settings, int round) throws IOException {
    KnownQuestion question =
        questions.get((int) ((long) round * questions.size() / rounds)); // spread over all
    Asked[] asked = new Asked[settings.size()];
    questioner.ask(question, settings.get(0).wish()); // the picture's features are cached now
    for (int step = 0; step < settings.size(); step++) {
      int place = (round + step) % settings.size();
      asked[place] = questioner.ask(question, settings.get(place).wish());
    }
    return asked;
  }

  private record Evaluated(Setting setting, Evaluation evaluation) {}
}
