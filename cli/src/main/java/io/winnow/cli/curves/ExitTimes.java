package io.winnow.cli.curves;

import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Exit;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.Questioner;
import io.winnow.cli.results.Quantiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Prefill times of DyVTE, each beside that of the same question with every token kept. Whether a
 * gate lets go depends on the question, so many are asked, one at a time.
 *
 * @param threshold probability of "exit" above which a gate lets go
 * @param pairs one for each question
 */
record ExitTimes(double threshold, List<Pair> pairs) {

  /** Beyond that many, further questions say little and take long. */
  private static final int MOST_QUESTIONS = 60;

  ExitTimes {
    pairs = List.copyOf(pairs);
  }

  /**
   * A question, asked in three ways; times are medians over the repeats, in milliseconds.
   *
   * @param none with every token kept
   * @param waiting the prefill waits for each verdict
   * @param runningOn it does not
   * @param exact where the gates let go if the prefill waits, if they do
   * @param exits what became of it in each repeat if it does not wait
   */
  record Pair(
      double none, double waiting, double runningOn, Optional<Exit> exact, List<Exit> exits) {

    Pair {
      exits = List.copyOf(exits);
    }

    /** Whether a gate lets the visual tokens go. */
    boolean letsGo() {
      return exact.filter(exit -> exit.layer().isPresent()).isPresent();
    }
  }

  /**
   * Asks.
   *
   * @param questions to choose from, evenly
   * @param thresholds all are timed beside the same unpruned prefills
   * @param repeats of each question at each setting, at least 1
   */
  static List<ExitTimes> measure(
      Questioner questioner, List<KnownQuestion> questions, List<Double> thresholds, int repeats)
      throws IOException {
    List<Setting> settings = new ArrayList<>(List.of(Setting.none()));
    for (double threshold : thresholds) {
      settings.add(Setting.dyvte(threshold, true));
      settings.add(Setting.dyvte(threshold, false));
    }
    List<List<List<Asked>>> asked = new ArrayList<>(); // [questions][settings][repeats]
    int count = Math.min(MOST_QUESTIONS, questions.size());
    for (int i = 0; i < count; i++) {
      KnownQuestion question = questions.get((int) ((long) i * questions.size() / count));
      asked.add(ask(questioner, question, settings, repeats, i));
    }
    return IntStream.range(0, thresholds.size())
        .mapToObj(
            place ->
                new ExitTimes(
                    thresholds.get(place),
                    asked.stream()
                        .map(
                            each ->
                                pair(each.get(0), each.get(2 * place + 1), each.get(2 * place + 2)))
                        .toList()))
        .toList();
  }

  /** Every setting in each repeat, beginning with another one each time // [settings][repeats] */
  private static List<List<Asked>> ask(
      Questioner questioner, KnownQuestion question, List<Setting> settings, int repeats, int first)
      throws IOException {
    List<List<Asked>> asked =
        settings.stream().<List<Asked>>map(setting -> new ArrayList<>()).toList();
    questioner.ask(question, settings.get(0).wish()); // the picture's features are cached now
    for (int repeat = 0; repeat < repeats; repeat++) {
      for (int step = 0; step < settings.size(); step++) {
        int place = (first + repeat + step) % settings.size();
        asked.get(place).add(questioner.ask(question, settings.get(place).wish()));
      }
    }
    return asked;
  }

  private static Pair pair(List<Asked> none, List<Asked> waiting, List<Asked> runningOn) {
    return new Pair(
        prefill(none),
        prefill(waiting),
        prefill(runningOn),
        waiting.get(0).exit(),
        runningOn.stream().flatMap(asked -> asked.exit().stream()).toList());
  }

  private static double prefill(List<Asked> asked) {
    return Quantiles.median(asked.stream().mapToDouble(each -> each.millis("prefill")).toArray());
  }
}
