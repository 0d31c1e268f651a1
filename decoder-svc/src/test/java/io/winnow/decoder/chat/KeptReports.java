package io.winnow.decoder.chat;

import io.winnow.decoder.chat.KeptReport.Grid;
import io.winnow.decoder.chat.KeptReport.Kept;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.decoder.chat.KeptReport.Region;
import java.util.List;

/** Reports for tests of the edges; every number differs. */
public final class KeptReports {

  private KeptReports() {}

  /** Two layers, a picture of four tokens in a row, two of which are left after the first layer. */
  public static KeptReport twoTokensOfFour() {
    return new KeptReport(
        new int[] {4, 2},
        5,
        900,
        1200,
        0.75,
        List.of(
            new PictureTokens(
                List.of(new Grid(1, 4)),
                64,
                16,
                new Region(8, 0, 48, 16),
                List.of(new Kept(0, new int[] {0, 1, 2, 3}), new Kept(1, new int[] {1, 3})))));
  }
}
