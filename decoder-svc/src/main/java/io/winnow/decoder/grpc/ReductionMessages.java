package io.winnow.decoder.grpc;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.v1.ExitVerdict;
import io.winnow.v1.KeptTokens;
import io.winnow.v1.PictureReduction;
import io.winnow.v1.PictureRegion;
import io.winnow.v1.ReductionDetails;
import io.winnow.v1.ReductionReport;
import io.winnow.v1.Tile;
import io.winnow.v1.VerdictEffect;
import java.time.Duration;
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
    reduction.exit().ifPresent(exit -> report.setExit(exit(exit)));
    return report.build();
  }

  private static io.winnow.v1.ExitReport exit(ExitReport exit) {
    io.winnow.v1.ExitReport.Builder message =
        io.winnow.v1.ExitReport.newBuilder()
            .setBlocking(exit.blocking())
            .setLate(exit.late())
            .setMissing(exit.missing())
            .setFlopsRatioWithout(exit.flopsRatioWithout())
            .setTrouble(exit.trouble().orElse(""));
    exit.layer().ifPresent(message::setLayer);
    exit.questions().forEach(question -> message.addVerdicts(verdict(question)));
    return message.build();
  }

  private static ExitVerdict verdict(ExitReport.Question question) {
    ExitVerdict.Builder message =
        ExitVerdict.newBuilder()
            .setSegment(question.segment())
            .setLayer(question.layer())
            .setVisualTokens(question.visualTokens())
            .setNeededMicros(micros(question.needed()))
            .setEffect(
                switch (question.effect()) {
                  case KEPT -> VerdictEffect.VERDICT_EFFECT_KEPT;
                  case EXITED -> VerdictEffect.VERDICT_EFFECT_EXITED;
                  case LATE -> VerdictEffect.VERDICT_EFFECT_LATE;
                  case MISSING -> VerdictEffect.VERDICT_EFFECT_MISSING;
                  case MOOT -> VerdictEffect.VERDICT_EFFECT_MOOT;
                  case UNKNOWN -> VerdictEffect.VERDICT_EFFECT_UNSPECIFIED; // of no whole answer
                });
    question.appliedLayer().ifPresent(message::setAppliedLayer);
    question
        .verdict()
        .ifPresent(
            verdict ->
                message
                    .setArrivedMicros(micros(verdict.arrived()))
                    .setExit(verdict.exit())
                    .setMargin(verdict.margin())
                    .setThreshold(verdict.threshold()));
    return message.build();
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
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
