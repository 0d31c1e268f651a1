package io.winnow.cli.evaluate;

import static io.winnow.cli.results.MarkdownTable.decimals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.results.MarkdownTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** How many questions of each type let their visual tokens go behind which layer (dyvte). */
public final class ExitHistogram {

  private static final String ALL = "all";

  private final TreeSet<Integer> layers = new TreeSet<>();
  private final Map<String, Evaluation> groups = new LinkedHashMap<>();

  /**
   * @param evaluation answers, in some of which gates were asked
   */
  public ExitHistogram(Evaluation evaluation) {
    for (Exit exit : exits(evaluation)) {
      layers.addAll(exit.asked());
      exit.layer().ifPresent(layers::add); // one that came late
    }
    for (String type : evaluation.byType().keySet()) {
      groups.put(
          type,
          new Evaluation(
              evaluation.asked().stream()
                  .filter(asked -> asked.question().type().equals(type))
                  .toList()));
    }
    groups.put(ALL, evaluation);
  }

  /** Whether no gate was asked. */
  public boolean isEmpty() {
    return layers.isEmpty();
  }

  /** A row for each type and one for all, with the FLOPs that remain and the accuracy. */
  public MarkdownTable table() {
    List<String> header = new ArrayList<>(List.of("type"));
    layers.forEach(layer -> header.add("after " + layer));
    header.addAll(List.of("none", "FLOPs ratio", "accuracy"));
    MarkdownTable table = new MarkdownTable(header.toArray(String[]::new));
    groups.forEach(
        (name, group) -> {
          List<Object> cells = new ArrayList<>(List.of(name));
          cells.addAll(counts(group));
          cells.add(decimals(3, group.meanFlopsRatio()));
          cells.add(decimals(3, group.all().share()));
          table.row(cells.toArray());
        });
    return table;
  }

  /** By type, then by layer, "none" last. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    groups.forEach(
        (name, group) -> {
          ObjectNode counts = json.putObject(name);
          List<Long> numbers = counts(group);
          int place = 0;
          for (int layer : layers) {
            counts.put(Integer.toString(layer), numbers.get(place++));
          }
          counts.put("none", numbers.get(place));
        });
    return json;
  }

  /** Questions by layer, and last those whose visual tokens stayed. [layers + 1] */
  private List<Long> counts(Evaluation group) {
    List<Exit> exits = exits(group);
    List<Long> counts = new ArrayList<>();
    long left = group.asked().size();
    for (int layer : layers) {
      long here = exits.stream().filter(exit -> exit.layer().orElse(-1) == layer).count();
      counts.add(here);
      left -= here;
    }
    counts.add(left);
    return counts;
  }

  private static List<Exit> exits(Evaluation evaluation) {
    return evaluation.asked().stream().flatMap(asked -> asked.exit().stream()).toList();
  }
}
