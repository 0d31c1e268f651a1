package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.Grid;
import io.winnow.decoder.chat.KeptReport.Kept;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.decoder.chat.KeptReport.Region;
import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.picture.SeenRegion;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.SegmentManifest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Works out what was done to the visual tokens of an answer, from what its prefill went through.
 */
final class ReductionAccount {

  private final PreparedPrompt prompt;
  private final List<EncodedLayout> layouts; // [pictures]
  private final AnswerPlan plan;

  ReductionAccount(PreparedPrompt prompt, List<EncodedLayout> layouts, AnswerPlan plan) {
    this.prompt = prompt;
    this.layouts = layouts;
    this.plan = plan;
  }

  /**
   * What the caller is told.
   *
   * @param visualEntered visual tokens that entered each layer // [layers]
   */
  Reduction reduction(int[] visualEntered) {
    double ratio = macs(visualEntered) / macs(unpruned(visualEntered.length));
    return new Reduction(
        plan.reduction().method(), ratio, plan.reduction().reason(), Optional.empty());
  }

  /**
   * The same with the report.
   *
   * @param survivors visual rows that were left after each segment, numbered through what was
   *     fetched // [segments][left]
   */
  Reduction reported(int[] visualEntered, List<int[]> survivors) {
    PromptCount count = prompt.count();
    int[] unpruned = unpruned(visualEntered.length);
    DecoderMacs macs = DecoderMacs.of(prompt.model().decoder());
    double visualShare =
        count.imageTokens() == 0 ? 1 : macs.total(visualEntered) / macs.total(unpruned);
    KeptReport report =
        new KeptReport(
            visualEntered.clone(),
            count.textTokens(),
            macs(visualEntered),
            macs(unpruned),
            visualShare,
            pictures(survivors));
    return new Reduction(
        plan.reduction().method(),
        report.macs() / report.macsUnpruned(),
        plan.reduction().reason(),
        Optional.of(report));
  }

  /** Share of the MACs that the plan leaves if nothing that is heard on the way changes it. */
  double planned(int layers) {
    return macs(plan.entering(layers)) / macs(unpruned(layers));
  }

  private int[] unpruned(int layers) {
    int[] entered = new int[layers];
    Arrays.fill(entered, prompt.count().imageTokens());
    return entered;
  }

  /** MACs of a prefill that text tokens, and these visual ones, enter. */
  private double macs(int[] visualEntered) {
    int text = prompt.count().textTokens();
    int[] entered = Arrays.stream(visualEntered).map(visual -> text + visual).toArray();
    return DecoderMacs.of(prompt.model().decoder()).total(entered);
  }

  private List<PictureTokens> pictures(List<int[]> survivors) {
    List<PictureTokens> pictures = new ArrayList<>();
    int first = 0; // row of the picture's first fetched token
    for (int picture = 0; picture < layouts.size(); picture++) {
      int[] fetched = plan.selections().get(picture).indices(); // [fetched]
      List<Kept> kept = new ArrayList<>();
      kept.add(new Kept(0, fetched));
      for (int segment = 0; segment < survivors.size(); segment++) {
        int from = first;
        int[] left =
            Arrays.stream(survivors.get(segment))
                .filter(row -> row >= from && row < from + fetched.length)
                .map(row -> fetched[row - from])
                .toArray();
        kept.add(new Kept(layerAfter(segment), left));
      }
      first += fetched.length;
      pictures.add(picture(layouts.get(picture), kept));
    }
    return pictures;
  }

  private int layerAfter(int segment) {
    SegmentManifest ended = prompt.model().decoder().getSegments(segment);
    return ended.getFirstLayer() + ended.getLayerCount();
  }

  private PictureTokens picture(EncodedLayout layout, List<Kept> kept) {
    SeenRegion seen =
        SeenRegion.of(
            prompt.model().manifest().getVision(),
            layout.getPictureWidth(),
            layout.getPictureHeight());
    return new PictureTokens(
        layout.getTilesList().stream()
            .map(tile -> new Grid(tile.getRows(), tile.getColumns()))
            .toList(),
        layout.getPictureWidth(),
        layout.getPictureHeight(),
        new Region(seen.left(), seen.top(), seen.width(), seen.height()),
        kept);
  }
}
