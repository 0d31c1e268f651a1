package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.PrefillSummary.SegmentRun;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tells of a complete prefill. */
final class PrefillEvents {

  private PrefillEvents() {}

  static AnswerEvent.Prefilled prefilled(
      AnswerGeneration.Prefilled prefilled, DecoderManifest decoder, PromptCount count) {
    PrefillSummary summary = prefilled.summary();
    DecoderMacs macs = DecoderMacs.of(decoder);
    int[] unpruned = new int[decoder.getLayers()];
    Arrays.fill(unpruned, count.textTokens() + count.imageTokens());
    return new AnswerEvent.Prefilled(
        prefilled.endedNanos(),
        segments(prefilled, decoder, macs),
        summary.queued(),
        macs.total(summary.entered()),
        macs.total(unpruned));
  }

  private static List<AnswerEvent.Segment> segments(
      AnswerGeneration.Prefilled prefilled, DecoderManifest decoder, DecoderMacs macs) {
    List<AnswerEvent.Segment> segments = new ArrayList<>();
    List<SegmentRun> runs = prefilled.summary().runs();
    // Where a runtime was lost in the prefill, the runs are those of the next one.
    long first =
        Math.max(
            prefilled.begunNanos(), prefilled.endedNanos() - prefilled.summary().total().toNanos());
    int known = Math.min(runs.size(), decoder.getSegmentsCount());
    for (int number = 0; number < known; number++) {
      SegmentManifest layers = decoder.getSegments(number);
      SegmentRun run = runs.get(number);
      long begin = first + run.begin().toNanos();
      int last = layers.getFirstLayer() + layers.getLayerCount();
      int[] entered =
          Arrays.copyOfRange(prefilled.summary().entered(), layers.getFirstLayer(), last);
      segments.add(
          new AnswerEvent.Segment(
              number,
              layers.getFirstLayer(),
              layers.getLayerCount(),
              begin,
              begin + run.duration().toNanos(),
              run.rowsIn(),
              run.rowsOut(),
              run.visualIn(),
              run.visualOut(),
              macs.total(entered)));
    }
    return segments;
  }
}
