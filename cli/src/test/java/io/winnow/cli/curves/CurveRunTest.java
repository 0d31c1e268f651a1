package io.winnow.cli.curves;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.util.JsonFormat;
import io.winnow.cli.evaluate.Accuracy;
import io.winnow.cli.evaluate.Questioner;
import io.winnow.v1.Recipe;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class CurveRunTest {

  private static final Recipe RECIPE = recipe("demo-fitprune-0.45", "demo", "fitprune", 0.45);
  private static final Recipe OTHER = recipe("big-fitprune-0.3", "big", "fitprune", 0.3);
  private static final int ROUNDS = 3;

  @TempDir private Path folder;
  private final PretendServices services = new PretendServices();
  private Curves curves;

  @BeforeEach
  void measure() throws Exception {
    curves = measure(List.of(RECIPE, OTHER));
  }

  @Test
  void measuresEveryCurveOfTheGridInOrder() {
    assertThat(curves.none().setting()).isEqualTo(Setting.none());
    assertThat(curves.byCurve().keySet())
        .containsExactly(
            "fitprune",
            "vtw",
            "dyvte",
            "dyvte, running on",
            "dyvte, with fitprune",
            "dyvte, with fastv",
            "fastv, layer 2",
            "fastv, layer 4",
            "visionzip");
    assertThat(curves.byCurve().get("vtw"))
        .extracting(point -> point.setting().label())
        .startsWith("before layer 7")
        .endsWith("before layer 1")
        .hasSize(7);
    assertThat(curves.byCurve().get("fitprune")).hasSize(1);
  }

  @Test
  void accuracyIsThatOfTheSetting() {
    CurvePoint halfway = point(Setting.vtw(4));

    // Right are 0, 5, ... 50 percent: eleven of twenty.
    assertThat(halfway.evaluation().all()).isEqualTo(new Accuracy(11, 20));
    assertThat(halfway.flopsRatio()).isCloseTo(0.5, within(1e-9));
    assertThat(curves.none().evaluation().all()).isEqualTo(new Accuracy(20, 20));
  }

  @Test
  void timesAreRatiosToTheUnprunedRound() {
    assertThat(curves.none().prefillRatio()).isEqualTo(1);
    assertThat(point(Setting.vtw(2)).prefillRatio()).isCloseTo(0.25, within(1e-9));
    assertThat(point(Setting.vtw(2)).prefillMillis()).isCloseTo(25, within(1e-9));
    assertThat(curves.rounds()).isEqualTo(ROUNDS);
  }

  @Test
  void whatTheServicesRefuseIsToldAndDoesNotEndTheRun() {
    assertThat(curves.refused().keySet())
        .extracting(Setting::curve)
        .contains("random, layer 2", "random, layer 4");
    assertThat(CurveTable.of(curves))
        .contains("Not measured: random, layer 2, 75 % kept: there is no method \"random\"");
  }

  @Test
  void dropsSoManyTokensThatTheMeanOverLayersIsWhatWasAskedFor() {
    assertThat(services.wishes())
        .filteredOn(wish -> wish.method().equals(Optional.of("fastv")))
        .filteredOn(wish -> wish.layer().getAsInt() == 2)
        .extracting(wish -> wish.keepRatio().getAsDouble())
        .contains((2 + 6 * 0.75) / 8, (2 + 6 * 0.1) / 8);
  }

  @Test
  void theTableStatesTheSampleAndHasARowForEverySetting() {
    String table = CurveTable.of(curves);

    assertThat(table).contains("20 questions, at least 10 of each type", "3 interleaved rounds");
    assertThat(table.lines())
        .anyMatch(line -> line.matches("\\| vtw +\\| before layer 4 +\\| 0\\.500 .*\\| 0\\.55 .*"));
    assertThat(table.lines().filter(line -> line.startsWith("| ")))
        .hasSize(curves.points().size() + 1);
  }

  @Test
  void thePlotIsWellFormedAndHasALineForEveryCurveInEveryChart() throws Exception {
    Document plot =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(CurvePlot.of(curves))));

    NodeList lines = plot.getElementsByTagName("path");
    assertThat(lines.getLength()).isEqualTo(8 * (2 + 2)); // two large charts, two types
    assertThat(plot.getElementsByTagName("style").item(0).getTextContent())
        .contains("prefers-color-scheme: dark");
  }

  @Test
  void theTableOfExitsSaysWhereTheyAreAndWhatTheyAreWorth() {
    String table = ExitTable.of(curves).orElseThrow();

    // Ten questions of each type, of which those up to 50 percent are answered right.
    assertHasRow(table, "type", "after 0", "after 3", "none", "FLOPs ratio", "accuracy");
    assertHasRow(table, "count", "0", "10", "0", "0.500", "0.600");
    assertHasRow(table, "all", "0", "20", "0", "0.500", "0.550");
    // FitPrune's line goes from 0.5 at 0.45 to 1 at 1.
    assertHasRow(table, "exit above 0.5", "0.500", "0.550", "0.550", "+0.000", "0.545", "+0.005");
    assertHasRow(table, "exit above 0.25", "0.250", "0.300", "0.300", "+0.000", "-", "-");
  }

  @Test
  void theTableOfExitsComparesTheCombinationToo() {
    assertHasRow(
        ExitTable.of(curves).orElseThrow(),
        "demo-fitprune-0.45, exit above 0.9",
        "0.875",
        "0.900",
        "0.900",
        "+0.000",
        "0.886",
        "+0.014");
    // FastV alone keeps as many there in the mean, and gets as much.
    assertHasRow(
        ExitTable.of(curves).orElseThrow(),
        "fastv, layer 4, 75 % kept, exit above 0.9",
        "0.875",
        "0.900",
        "0.900",
        "+0.000",
        "0.900",
        "+0.000");
  }

  @Test
  void combinesTheExitWithFastVAtTwoLayers() {
    assertThat(services.wishes())
        .filteredOn(wish -> wish.exit().with().equals(Optional.of("fastv")))
        .extracting(wish -> wish.layer().getAsInt(), wish -> wish.keepRatio().getAsDouble())
        .contains(tuple(2, (2 + 6 * 0.5) / 8), tuple(4, (4 + 4 * 0.75) / 8));
  }

  @Test
  void theTableOfExitsSaysHowLateTheyAreIfNobodyWaits() {
    assertHasRow(
        ExitTable.of(curves).orElseThrow(),
        "exit above 0.5",
        "0.500",
        "0.625",
        "0.550",
        "0.650",
        "20 of 20",
        "1.00",
        "2.0",
        "2.0");
  }

  @Test
  void theTableOfExitsSetsThePrefillBesideTheSameQuestionsWithEveryTokenKept() {
    String table = ExitTable.of(curves).orElseThrow();

    assertThat(table).contains("Prefill time with exit above 0.5, one question at a time");
    assertHasRow(
        table,
        "a gate lets go",
        "20",
        "100.0 +- 0.0",
        "0.50 +- 0.00",
        "0.63 +- 0.00",
        "-12.5 +- 0.0",
        "20 of 20",
        "1.00",
        "2.0",
        "2.0");
    assertHasRow(table, "no gate does", "0", "-", "-", "-", "-", "0 of 0", "-", "-", "-");
  }

  @Test
  void combinesTheExitWithEachFitPruneRecipe() {
    assertThat(services.wishes())
        .filteredOn(wish -> wish.exit().with().equals(Optional.of("fitprune")))
        .isNotEmpty()
        .allSatisfy(
            wish -> {
              assertThat(wish.method()).hasValue("dyvte");
              assertThat(wish.flopsRatio()).hasValue(0.45);
              assertThat(wish.exit().blocking()).isTrue();
            });
  }

  @Test
  void withoutGatesThereIsNoTableOfExits() throws Exception {
    List<CurvePoint> points =
        curves.points().stream()
            .filter(point -> !point.setting().curve().startsWith(Setting.DYVTE))
            .toList();
    assertThat(
            ExitTable.of(
                new Curves(points, curves.refused(), ROUNDS, PretendServices.LAYERS, List.of())))
        .isEmpty();
  }

  @Test
  void accuraciesGoIntoTheRecipesThatWereFollowed() throws Exception {
    Path recipes = Files.createDirectories(folder.resolve("recipes"));
    write(recipes, RECIPE);
    write(recipes, OTHER);
    write(recipes, recipe("demo-vtw", "demo", "vtw", 0.5).toBuilder().setWithdrawLayer(4).build());
    RecipeFolder stored = new RecipeFolder(recipes);

    assertThat(stored.store(curves)).isEqualTo(2);

    Recipe fitPrune = stored.read().get(recipes.resolve("demo-fitprune-0.45.json"));
    assertThat(fitPrune.getAccuracy().getQuestions()).isEqualTo(20);
    assertThat(fitPrune.getAccuracy().getPruned()).isEqualTo(0.5);
    assertThat(fitPrune.getAccuracy().getUnpruned()).isEqualTo(1);
    assertThat(fitPrune.toBuilder().clearAccuracy().build()).isEqualTo(RECIPE);
    Recipe vtw = stored.read().get(recipes.resolve("demo-vtw.json"));
    assertThat(vtw.getAccuracy().getPruned()).isEqualTo(0.55);
    assertThat(stored.read().get(recipes.resolve("big-fitprune-0.3.json"))).isEqualTo(OTHER);
    assertThat(recipes).isDirectoryNotContaining("glob:**.tmp");
  }

  private static void assertHasRow(String table, String... cells) {
    assertThat(table.lines().map(line -> line.replaceAll(" +", " ")))
        .contains("| " + String.join(" | ", cells) + " |");
  }

  private Curves measure(List<Recipe> recipes) throws Exception {
    try (Questioner questioner = new Questioner(services, Optional.empty(), 4)) {
      return new CurveRun(
              questioner, PretendServices.questions(folder), ROUNDS, new ArrayList<>()::add)
          .run(recipes);
    }
  }

  private CurvePoint point(Setting setting) {
    return curves.points().stream()
        .filter(each -> each.setting().equals(setting))
        .findFirst()
        .orElseThrow();
  }

  private static void write(Path recipes, Recipe recipe) throws Exception {
    Files.writeString(
        recipes.resolve(recipe.getName() + ".json"), JsonFormat.printer().print(recipe));
  }

  private static Recipe recipe(String name, String model, String method, double flopsRatio) {
    return Recipe.newBuilder()
        .setFormatVersion(1)
        .setName(name)
        .setModel(model)
        .setMethod(method)
        .setLayers(PretendServices.LAYERS)
        .setFlopsRatio(flopsRatio)
        .build();
  }
}
