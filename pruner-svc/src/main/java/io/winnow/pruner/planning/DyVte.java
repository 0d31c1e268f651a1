package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.runtime.ExitGates;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * DyVTE (arXiv 2411.19628, section 3): at segment ends a gate looks at the text's state and says
 * whether the visual tokens may go, all at once. Before that nothing is pruned, or another method
 * prunes (section 3.5). How much that saves is known afterwards only, so a budget is no aim but a
 * bound: it is the other method's, or they go where VTW would withdraw within it, if no gate has
 * let them go before.
 */
final class DyVte implements PruneMethod {

  static final String NAME = "dyvte";

  /** What may prune before the exit. The others select before the decoder, or end in an exit. */
  private final List<PruneMethod> partners = List.of(new FitPrune(), new FastV());

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int maxLayer(PlanRequest request) {
    return partner(request).map(partner -> partner.maxLayer(request)).orElse(0);
  }

  @Override
  public boolean takesExit() {
    return true;
  }

  @Override
  public Optional<PrunerFailure> misfit(PlanRequest request) {
    ExitWish wish = request.wish().exit();
    if (wish.with().isPresent() && partner(request).isEmpty()) {
      return invalid(
          "with",
          "\"dyvte\" goes with \"fitprune\" or \"fastv\", not with \"%s\""
              .formatted(wish.with().get()));
    }
    double threshold = wish.threshold().orElse(0.5);
    if (!(threshold > 0 && threshold < 1)) {
      return invalid(
          "exit_threshold", "exit_threshold must be above 0 and below 1, not " + threshold);
    }
    int last = request.decoder().layers() - 2;
    if (wish.firstLayer() < 0 || wish.firstLayer() > Math.max(0, last)) {
      return invalid(
          "min_layer",
          "min_layer must be 0 to %d for this model, not %d".formatted(last, wish.firstLayer()));
    }
    return Optional.empty();
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    if (knowledge.gates().isEmpty()) {
      return refused(
          Reason.NO_GATES,
          ("\"dyvte\" has no exit gates for model \"%s\": train them with"
                  + " demo-model/gates/train.py, export the model again, and let"
                  + " winnow.pruner.gates.repository of pruner-svc name its repository")
              .formatted(request.model()),
          "method");
    }
    ExitGates gates = knowledge.gates().get();
    if (areOfOtherWeights(gates, request)) {
      return refused(
          Reason.NO_GATES,
          ("the exit gates that pruner-svc has for model \"%s\" were trained with other weights than"
                  + " decoder-svc runs: let winnow.pruner.gates.repository of pruner-svc name the"
                  + " repository that decoder-svc serves, and start pruner-svc anew")
              .formatted(request.model()),
          "method");
    }
    int[] asked = gatedSegments(request, gates); // segments
    if (asked.length == 0) {
      String field = request.wish().exit().minLayer().isPresent() ? "min_layer" : "method";
      return refused(Reason.INVALID_REQUEST, nothingToAsk(request, gates), field);
    }
    PlanDecision base = base(request, knowledge);
    return base instanceof PlanDecision.Planned planned
        ? new PlanDecision.Planned(asking(request, planned.plan(), gates, asked))
        : base;
  }

  /** Where one side does not tell, they pass. */
  private static boolean areOfOtherWeights(ExitGates gates, PlanRequest request) {
    return gates.weightsSha256().isPresent()
        && request.weightsSha256().isPresent()
        && !gates.weightsSha256().equals(request.weightsSha256());
  }

  /** The plan that holds if no gate says "exit". */
  private PlanDecision base(PlanRequest request, Knowledge knowledge) {
    Optional<PruneMethod> partner = partner(request);
    if (partner.isPresent()) {
      return partner.get().plan(request, knowledge);
    }
    Optional<Budget> budget = request.wish().budget();
    return budget.isEmpty()
        ? new PlanDecision.Planned(PrunePlan.everything("asked for"))
        : Vtw.within(
            new BudgetGauge(request, knowledge.forecast(), budget.get()),
            "\"dyvte\" with min_layer " + request.wish().exit().firstLayer(),
            request.wish().exit().firstLayer() + 1);
  }

  private static PrunePlan asking(
      PlanRequest request, PrunePlan base, ExitGates gates, int[] asked) {
    ExitWish wish = request.wish().exit();
    int[] segments = // [asked]
        Arrays.stream(asked).filter(s -> aliveAfter(request, base, s) > 0).toArray();
    int[] layers = Arrays.stream(segments).map(request::lastLayer).toArray();
    int[] alive = Arrays.stream(segments).map(s -> aliveAfter(request, base, s)).toArray();
    String name = wish.with().map(with -> NAME + "+" + with).orElse(NAME);
    if (segments.length == 0) {
      return base.asking(name, base.reason() + "; no gate comes before that", Optional.empty());
    }
    String reason =
        "%s; gates after the layers %s may let the visual tokens go"
            .formatted(base.reason(), Arrays.toString(layers));
    return base.asking(
        name,
        reason,
        Optional.of(
            new ExitQuestions(gates, segments, layers, alive, wish.margin(), wish.blocking())));
  }

  /** Visual tokens that enter the layer after a segment. */
  private static int aliveAfter(PlanRequest request, PrunePlan plan, int segment) {
    return plan.entering(request)[request.lastLayer(segment) + 1];
  }

  /** Segments that end in a layer with a gate, the last segment left out: behind it is nothing. */
  private static int[] gatedSegments(PlanRequest request, ExitGates gates) {
    return IntStream.range(0, request.segmentEnds().size() - 1)
        .filter(segment -> gates.layers().contains(request.lastLayer(segment)))
        .filter(segment -> request.lastLayer(segment) >= request.wish().exit().firstLayer())
        .toArray();
  }

  private static String nothingToAsk(PlanRequest request, ExitGates gates) {
    return "the gates of model \"%s\" stand after the layers %s, of which none is a segment's end"
            .formatted(request.model(), gates.layers())
        + " from layer %d on; the decoder's segments end after %s layers"
            .formatted(request.wish().exit().firstLayer(), request.segmentEnds());
  }

  private Optional<PruneMethod> partner(PlanRequest request) {
    return request
        .wish()
        .exit()
        .with()
        .flatMap(
            name -> partners.stream().filter(method -> method.name().equals(name)).findFirst());
  }

  private static Optional<PrunerFailure> invalid(String field, String message) {
    return Optional.of(
        PrunerFailure.of(Reason.INVALID_REQUEST, message, "visual_token_reduction." + field));
  }

  private static PlanDecision refused(Reason reason, String message, String field) {
    return new PlanDecision.Refused(
        PrunerFailure.of(reason, message, "visual_token_reduction." + field));
  }
}
