package io.winnow.decoder.calibration;

import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.LayerPass;
import io.winnow.runtime.LayerStepper;
import io.winnow.runtime.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Passes whose numbers tell where they came from: rows know their first number. */
public final class FakeStepper implements LayerStepper {

  public final List<Prompt> begun = new ArrayList<>();
  public int open;
  private final int layers;

  public FakeStepper(int layers) {
    this.layers = layers;
  }

  @Override
  public LayerPass begin(Prompt prompt) {
    begun.add(prompt);
    return new FakePass(
        prompt, IntStream.range(0, prompt.visualRows()).boxed().toList(), 0, layers);
  }

  private final class FakePass implements LayerPass {

    private final Prompt prompt;
    private List<Integer> alive; // first numbers of the visual rows that are left
    private int nextLayer;
    private final int withdrawn; // before this layer
    private boolean closed;

    FakePass(Prompt prompt, List<Integer> alive, int nextLayer, int withdrawn) {
      this.prompt = prompt;
      this.alive = alive;
      this.nextLayer = nextLayer;
      this.withdrawn = withdrawn;
      open++;
    }

    @Override
    public int nextLayer() {
      return nextLayer;
    }

    @Override
    public int rows() {
      return prompt.length() - prompt.visualRows() + alive.size();
    }

    @Override
    public int visualRows() {
      return alive.size();
    }

    @Override
    public LayerAttention attend() {
      float[] self = new float[alive.size()];
      float[] cross = new float[alive.size()];
      for (int row = 0; row < self.length; row++) {
        self[row] = alive.get(row);
        cross[row] = nextLayer;
      }
      return new LayerAttention(nextLayer++, self, cross);
    }

    @Override
    public void pass() {
      nextLayer++;
    }

    @Override
    public void drop(int[] visual) {
      if (visual.length > 0 && visual[visual.length - 1] >= alive.size()) {
        throw new IllegalArgumentException("out of " + alive.size() + " visual rows");
      }
      List<Integer> before = alive;
      alive =
          IntStream.range(0, before.size())
              .filter(row -> Arrays.binarySearch(visual, row) < 0)
              .mapToObj(before::get)
              .toList();
    }

    @Override
    public LayerPass withoutPictures() {
      return new FakePass(prompt, List.of(), nextLayer, nextLayer);
    }

    /**
     * The layer of the withdrawal, the rows that were left, and the place among those asked for.
     */
    @Override
    public float[][] logits(int last) {
      nextLayer = layers;
      float[][] logits = new float[last][];
      Arrays.setAll(logits, row -> new float[] {withdrawn, rows(), row});
      return logits;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        open--;
      }
    }
  }
}
