package io.winnow.decoder.grpc;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.v1.KeptTokens;
import io.winnow.v1.PictureReduction;
import io.winnow.v1.PictureRegion;
import io.winnow.v1.ReductionDetails;
import io.winnow.v1.ReductionReport;
import io.winnow.v1.Tile;
import java.util.Arrays;

/** Writes as messages what was done to the visual tokens. */
final class ReductionMessages {

  private ReductionMessages() {}

  static ReductionReport report(Reduction reduction) {
    ReductionReport.Builder report =
        ReductionReport.newBuilder()
            .setMethod(reduction.method())
            .setFlopsRatio(reduction.flopsRatio())
            .setReason(reduction.reason());
    reduction.kept().ifPresent(kept -> report.setDetails(details(kept)));
    return report.build();
  }

  private static ReductionDetails details(KeptReport kept) {
    ReductionDetails.Builder details =
        ReductionDetails.newBuilder()
            .addAllVisualEntered(Arrays.stream(kept.visualEntered()).boxed().toList())
            .setTextTokens(kept.textTokens())
            .setMacs(kept.macs())
            .setMacsUnpruned(kept.macsUnpruned())
            .setVisualMacsRatio(kept.visualMacsRatio());
    kept.pictures().forEach(picture -> details.addPictures(picture(picture)));
    return details.build();
  }

  private static PictureReduction picture(PictureTokens picture) {
    PictureReduction.Builder message =
        PictureReduction.newBuilder()
            .setPictureWidth(picture.width())
            .setPictureHeight(picture.height())
            .setSeen(
                PictureRegion.newBuilder()
                    .setLeft(picture.seen().left())
                    .setTop(picture.seen().top())
                    .setWidth(picture.seen().width())
                    .setHeight(picture.seen().height()));
    picture
        .tiles()
        .forEach(
            tile ->
                message.addTiles(
                    Tile.newBuilder().setRows(tile.rows()).setColumns(tile.columns())));
    picture
        .kept()
        .forEach(
            kept ->
                message.addKept(
                    KeptTokens.newBuilder()
                        .setLayer(kept.layer())
                        .addAllIndex(Arrays.stream(kept.indices()).boxed().toList())));
    return message.build();
  }
}
