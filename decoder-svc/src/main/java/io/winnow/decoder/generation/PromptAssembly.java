package io.winnow.decoder.generation;

import io.winnow.decoder.generation.AnswerPlan.Selection;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.text.PromptRows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts a planned prompt together: one buffer for the visual tokens of all pictures. */
final class PromptAssembly {

  private final AnswerPlan plan;
  private final int hiddenSize;
  private final FloatBuffer visualTokens; // [fetched, hidden]

  PromptAssembly(AnswerPlan plan, int hiddenSize) {
    this.plan = plan;
    this.hiddenSize = hiddenSize;
    this.visualTokens = directFloats(Math.multiplyExact(plan.fetched(), hiddenSize));
  }

  /** A buffer as the runtime takes it. */
  static FloatBuffer directFloats(int count) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** Where each picture's selected tokens belong // [pictures][selected, hidden]. */
  List<FloatBuffer> targets() {
    List<FloatBuffer> targets = new ArrayList<>();
    int begin = 0;
    for (Selection selection : plan.selections()) {
      int length = selection.size() * hiddenSize;
      targets.add(visualTokens.slice(begin, length));
      begin += length;
    }
    return targets;
  }

  /**
   * The prompt; its buffer is this assembly's.
   *
   * @param rows of the unpruned prompt
   */
  Prompt prompt(PromptRows rows) {
    boolean[] taken = taken(rows); // [rows]
    int length = 0;
    for (boolean row : taken) {
      length += row ? 1 : 0;
    }
    long[] spanOf = spansOfPresentPictures();
    long[] tokenIds = new long[length];
    long[] spans = new long[length];
    long[] positions = new long[length];
    int to = 0;
    for (int row = 0; row < taken.length; row++) {
      if (taken[row]) {
        tokenIds[to] = rows.tokenIds()[row];
        spans[to] = rows.spans()[row] < 0 ? -1 : spanOf[(int) rows.spans()[row]];
        positions[to] = plan.consecutive() ? to : row;
        to++;
      }
    }
    return new Prompt(
        tokenIds, spans, positions, visualTokens, plan.consecutive() ? length : rows.length());
  }

  private boolean[] taken(PromptRows rows) {
    boolean[] taken = new boolean[rows.length()];
    for (int row = 0; row < taken.length; row++) {
      taken[row] = rows.spans()[row] < 0;
    }
    for (int picture = 0; picture < plan.selections().size(); picture++) {
      int first = rows.firstRow(picture);
      for (int index : plan.selections().get(picture).indices()) {
        taken[first + index] = true;
      }
    }
    return taken;
  }

  /** Pictures without rows do not count: spans number the others without gaps. */
  private long[] spansOfPresentPictures() {
    long[] spans = new long[plan.selections().size()]; // [pictures]
    Arrays.fill(spans, -1);
    long next = 0;
    for (int picture = 0; picture < spans.length; picture++) {
      if (plan.selections().get(picture).size() > 0) {
        spans[picture] = next++;
      }
    }
    return spans;
  }
}
